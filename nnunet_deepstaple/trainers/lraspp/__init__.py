"""The paper's training (Weihsbach et al., WBIR 2022): its networks, schedules, class weights and augmentation.

:mod:`.network_2d`, :mod:`.network_3d` (inside :mod:`.image_scale`), :mod:`.settings` with its :mod:`.schedules`,
:mod:`.class_weights` and :mod:`.transforms` → :mod:`.trainer`, which hooks them into nnU-Net.
"""
