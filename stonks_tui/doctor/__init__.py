"""The doctor: what is wrong with an installation and its account, and what is to be done about it?"""
