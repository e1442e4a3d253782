"""nnU-Net's preprocessed folder of a dataset in which many cases share an image: each image once, label maps fast.

Its modules import nnunetv2; importing the package itself does not.
"""
