"""Programs that use a client as an application does, on the commands of a test. ``driver.py`` starts them."""
