"""symgrad"""
