"""Customers and their orders."""

from typing import ClassVar

from django.db import models


class Customer(models.Model):
    tenant = models.CharField(max_length=128)
    name = models.CharField(max_length=20)
    email = models.EmailField(null=True, blank=True)
    joined = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "email"], name="one_customer_per_email")]

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    tenant = models.CharField(max_length=128)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    total = models.DecimalField(max_digits=10, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.total}"
