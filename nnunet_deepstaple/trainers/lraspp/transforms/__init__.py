"""The paper's augmentation, in batchgeneratorsv2's way: noise, upscaling, then B-spline and affine in one sampling."""
