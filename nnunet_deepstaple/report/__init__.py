"""Pages for a person to look at after a fusion, made from scores, ``fusion.json`` and label maps.

The way of the data: a :class:`.request.Request` → :func:`.inputs.find_inputs` (what belongs to each image) →
:mod:`.image_report` (one pass over an image's files: its :mod:`.numbers` and its page) → :mod:`.folder` (the index, the
sources, the worklist). Measuring (:mod:`.measures`) and drawing (:mod:`.planes`, :mod:`.outlines`, :mod:`.pictures`)
work on arrays only.
"""
