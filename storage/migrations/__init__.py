"""Migrations: how does a database of one version become one of another, with what is in it?"""
