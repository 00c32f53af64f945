"""The practice shop: goods and pictures to try everything with before a real shop is connected."""
