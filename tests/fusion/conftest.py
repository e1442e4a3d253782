from hypothesis import settings

# Timings on a shared machine say nothing, and a failure should be the same for everyone.
settings.register_profile("nnunet_deepstaple", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("nnunet_deepstaple")
