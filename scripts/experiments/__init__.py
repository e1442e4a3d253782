"""The paper's experiments on real data, and those that chose the defaults. One command a module, each resumable.

A training experiment works in a folder of its own (``-w``) with the commands that a user types: ds_prepare,
nnUNetv2_train, ds_fuse, nnUNetv2_predict. What has finished is skipped when the command is run again.
"""
