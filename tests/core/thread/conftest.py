"""The thread runs against the product as a process of its own."""

from product import product as product
