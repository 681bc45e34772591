"""Which regularization strength should my network use, and is the difference real?"""
