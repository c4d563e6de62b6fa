"""The prompt of `regbot shell`: lines, their completion and their history, and what is shown between them."""
