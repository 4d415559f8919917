"""Finds handler classes in the packages and modules that the settings name, and says what is wrong with them."""
