"""Reports: a stored run or decision as text."""
