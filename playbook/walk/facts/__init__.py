"""Judge what a walk has seen: findings where a page is not as the investor should see it.

A finding is in a presenter's words: "the page speaks English", "no price beside it". Each fact
gives findings; without findings all is right.
"""
