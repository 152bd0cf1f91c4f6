days = 14
