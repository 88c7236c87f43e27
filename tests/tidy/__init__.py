"""The rules of the house as functions: each takes modules or files and returns findings, `file:line: what. Remedy.`"""
