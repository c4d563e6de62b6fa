"""The description of the Lua API: definition files for editors (api/), and what reads them and makes a page of them."""
