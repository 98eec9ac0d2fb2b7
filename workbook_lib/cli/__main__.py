"""`python -m workbook_lib.cli` is `workbook`."""

from workbook_lib.cli import main

main()
