"""`python -m ncd_cat` is the command `ncd`."""

from ncd_cat.cli import main

main()
