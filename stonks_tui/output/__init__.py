"""Output: how are the screens written to a terminal with as few letters as will do, and never piled up?"""
