"""The broker check: does somebody's broker service keep what docs/broker-protocol.md asks of it?"""
