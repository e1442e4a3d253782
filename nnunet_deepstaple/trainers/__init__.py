"""Training inside nnU-Net: what is seen of each case, and the scores learned from it.

statistics (one batch) → visit_log (all batches, on disk) → data_parameters and scoring (no network needed);
mixin hooks the first two into any nnU-Net trainer, variants names the trainers.
"""
