"""SalesPilots: a shop assistant in the chat, with real stock, orders and payments behind it."""

__version__ = "0.1.0"
