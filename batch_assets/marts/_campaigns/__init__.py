"""How a purchase and a campaign are brought together: whose a receipt is, what a contact was told, and on which receipt a coupon was redeemed.

Belongs here: steps of `campaign_purchases` and `campaign_report`. Does not belong here: who a customer is (`customer_members`), and which of
several campaigns a line is credited to (`campaign_purchases`).
"""
