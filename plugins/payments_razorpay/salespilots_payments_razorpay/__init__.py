"""Razorpay payment links."""
