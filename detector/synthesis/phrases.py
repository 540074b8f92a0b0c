# SPDX-License-Identifier: Apache-2.0
"""Fixed phrases of documents: labels of fields, heads of columns, first and last lines."""

from __future__ import annotations

RECEIPT_SUMS: tuple[str, ...] = (
    "Total",
    "TOTAL",
    "Sub Total",
    "SUBTOTAL",
    "Subtotal:",
    "Total Amount",
    "Total Incl. GST",
    "Total (Excluding GST):",
    "GST payable (6%):",
    "GST 6%",
    "VAT 20%",
    "Tax",
    "MwSt 19%",
    "TVA 5.5%",
    "Rounding Adj",
    "ROUNDING ADJUSTMENT",
    "Discount",
    "Service Charge 10%",
    "Cash",
    "CASH",
    "CHANGE",
    "Change Due",
    "Visa Card",
    "Balance",
    "Amount Due",
    "Tender",
    "Total Qty:",
    "Item(s) :",
    "Total Sales Inclusive GST @6%",
    "Net Total",
    "Bar",
    "Summe",
)
"""Labels of a receipt's sums."""

RECEIPT_TITLES: tuple[str, ...] = (
    "TAX INVOICE",
    "Tax Invoice",
    "RECEIPT",
    "Invoice",
    "CASH BILL",
    "SIMPLIFIED TAX INVOICE",
    "Quittung",
    "TICKET",
    "- TAX INVOICE -",
)
"""What receipts call themselves."""

RECEIPT_META: tuple[str, ...] = (
    "Date",
    "Date :",
    "Time:",
    "Cashier :",
    "Cashier #",
    "Invoice No.:",
    "Invoice No",
    "Bill No",
    "Doc No.",
    "Table",
    "Table No.",
    "Receipt #:",
    "Trn No",
    "Counter",
    "Member",
    "Terminal",
    "Salesperson",
    "Customer",
    "Pax(s)",
    "Slip No.",
    "POS",
    "Order",
    "Ref No",
    "Kasse",
    "Caisse",
)
"""Labels of a receipt's date, number, cashier and so on."""

RECEIPT_CLOSING: tuple[str, ...] = (
    "THANK YOU",
    "Thank You & Come Again!",
    "PLEASE COME AGAIN",
    "Thank you for shopping",
    "GOODS SOLD ARE NOT RETURNABLE",
    "Exchange within 7 days with receipt",
    "*** CUSTOMER COPY ***",
    "DUPLICATE COPY",
    "Vielen Dank für Ihren Einkauf",
    "Merci de votre visite",
    "This is not a tax invoice",
    "NO CASH REFUND",
    "Have a nice day",
    "Prices include VAT",
    "E. & O. E.",
    "SIGNATURE NOT REQUIRED",
    "-- End of receipt --",
)
"""Last lines of receipts."""

RECEIPT_TAXES: tuple[str, ...] = ("SR", "ZRL", "S", "T", "Z", "A", "B", "*S", "6%", "GS")
"""Marks of tax behind a price."""

FORM_LABELS: tuple[str, ...] = (
    "Name",
    "Address",
    "Date",
    "Date of birth",
    "Telephone",
    "City",
    "State",
    "Zip Code",
    "Signature",
    "Company",
    "Title",
    "Department",
    "Account No.",
    "Amount",
    "Project",
    "Subject",
    "Brand",
    "Product",
    "Quantity",
    "Purpose",
    "Approved by",
    "Prepared by",
    "Received",
    "Period",
    "Region",
    "Division",
    "Remarks",
    "Reason",
    "Type of request",
    "Invoice number",
    "Cost center",
    "Effective date",
    "Social Security No.",
    "Nom",
    "Prénom",
    "Straße",
    "Ort",
    "PLZ",
    "E-mail",
    "Fax",
    "To",
    "From",
    "Re",
    "No. of copies",
    "Classification",
    "Supplier",
    "Contact",
    "Weight",
    "Size",
    "Code",
    "Ref",
)
"""Labels of a form's fields."""

TABLE_HEADS: tuple[str, ...] = (
    "Name",
    "Date",
    "Amount",
    "Total",
    "Qty",
    "Description",
    "No.",
    "Code",
    "Price",
    "Unit",
    "Rate",
    "Year",
    "Item",
    "Type",
    "Result",
    "Notes",
    "Balance",
    "Account",
    "Ref.",
    "Status",
    "Jan",
    "Feb",
    "Mar",
    "2019",
    "2020",
    "2021",
    "%",
    "Net",
    "Gross",
    "kg",
    "Part No.",
)
"""Names of a table's columns."""

INVOICE_META: tuple[str, ...] = (
    "Invoice No.",
    "Invoice Date",
    "Due Date",
    "Customer No.",
    "Order No.",
    "PO Number",
    "Terms",
    "Page",
    "Rechnungsnummer",
    "Datum",
    "Kundennummer",
    "Facture N°",
    "Delivery date",
    "Account",
    "Currency",
    "Sales rep.",
    "Shipping",
    "VAT ID",
    "Our ref.",
    "Your ref.",
)
"""Labels of an invoice's numbers and dates."""

INVOICE_SUMS: tuple[str, ...] = (
    "Subtotal",
    "Total",
    "Total due",
    "VAT 19 %",
    "Tax",
    "Shipping",
    "Discount",
    "Net amount",
    "Paid",
    "Balance due",
    "Gesamtbetrag",
    "Total TTC",
    "Freight",
    "Rounding",
    "GST (6%)",
)
"""Labels of an invoice's sums."""

INVOICE_TITLES: tuple[str, ...] = (
    "INVOICE",
    "Invoice",
    "TAX INVOICE",
    "Rechnung",
    "Facture",
    "Quotation",
    "PURCHASE ORDER",
    "Delivery Note",
    "Statement",
    "CREDIT NOTE",
    "Order Confirmation",
    "Packing List",
    "Bill",
)
"""Names of trade documents."""

JOBS: tuple[str, ...] = (
    "Managing Director",
    "Sales Manager",
    "Architect",
    "Attorney at Law",
    "Senior Consultant",
    "CEO",
    "Photographer",
    "Dr. med.",
    "Head of Research",
    "Engineer",
    "Owner",
    "Translator",
    "Notary",
)
"""What people on business cards are."""

GREETINGS: tuple[str, ...] = (
    "Dear Sir or Madam,",
    "Dear Mr. {0},",
    "Dear {0}:",
    "Gentlemen:",
    "Dear Ms. {0},",
    "Sehr geehrte Damen und Herren,",
    "Madame, Monsieur,",
    "To whom it may concern:",
)
"""First lines of letters; {0} is a family name."""

CLOSINGS: tuple[str, ...] = (
    "Yours sincerely,",
    "Sincerely,",
    "Very truly yours,",
    "Best regards,",
    "Kind regards,",
    "Yours faithfully,",
    "Mit freundlichen Grüßen",
    "Cordially,",
    "Respectfully,",
)
"""Last lines of letters."""

RECEIPT_HEADS: tuple[tuple[str, ...], ...] = (
    ("Item", "Qty", "Price", "Amount"),
    ("Description", "Qty", "U.Price", "Total"),
    ("QTY", "DESCRIPTION", "RM"),
    ("Code/Desc", "Qty", "Price", "Disc", "Amount"),
    ("Item", "Total"),
    ("Qty Item", "Amount"),
    ("No", "Description", "Amt"),
)
"""Heads of a receipt's columns."""

MEMO_HEADS: tuple[tuple[str, ...], ...] = (
    ("TO:", "FROM:", "DATE:", "SUBJECT:"),
    ("To:", "From:", "Date:", "Re:"),
    ("TO", "FROM", "DATE", "RE", "CC"),
    ("From", "Sent", "To", "Cc", "Subject"),
)
"""Labels at the head of memoranda and mails."""
