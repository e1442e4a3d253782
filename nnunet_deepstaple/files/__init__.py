"""One file at a time: images, label maps and their geometry, read and written whole or not at all."""
