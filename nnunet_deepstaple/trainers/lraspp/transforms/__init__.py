"""The paper's augmentation for batchgeneratorsv2: noise, upscaling, then B-spline and affine in one sampling."""
