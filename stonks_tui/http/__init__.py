"""HTTP: how do other programs look at an engine and steer it, without ever holding it up?"""
