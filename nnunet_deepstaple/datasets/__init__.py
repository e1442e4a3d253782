"""nnU-Net's folders: which label map belongs to which image, ``dataset.json``, and the datasets that we write."""
