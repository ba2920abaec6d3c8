"""Mutation: do the tests notice when a check is changed a little?"""
