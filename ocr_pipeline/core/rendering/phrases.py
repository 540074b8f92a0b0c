# SPDX-License-Identifier: Apache-2.0
"""Lists of words and phrases of which entities and lines are made."""

from __future__ import annotations


def split_list(text: str) -> tuple[str, ...]:
    """The entries of a list written with bars between them."""
    return tuple(text.split("|"))


MONTHS = split_list(
    "January|February|March|April|May|June|July|August|September|October|November|December"
)

MONTHS_FR = split_list(
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
)

DAYS = split_list("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday")

COMPANY_ENDS = split_list(
    "Ltd|Ltd.|Limited|Inc.|Inc|LLC|Corp.|Corporation|& Co.|& Sons|GmbH|AG|S.A.|SARL|S.p.A.|"
    "B.V.|PLC|Sdn Bhd|SDN BHD|Sdn. Bhd.|(M) SDN. BHD.|ENTERPRISE|Trading|Group|Holdings|"
    "Bros.|Pte Ltd|Co., Ltd."
)

TRADES = split_list(
    "Hardware|Stationery|Restaurant|Pharmacy|Bakery|Books|Supermarket|Mart|Electrical|Motors|"
    "Foods|Catering|Services|Systems|Industries|Research|Laboratories|Tobacco|Printing|"
    "Optical|Café|Bistro|Hotel|Textiles|Furniture|Bank|Insurance|Press|University|Consulting|"
    "Engineering|Marketing"
)

STREETS = split_list(
    "Street|St.|Avenue|Ave|Ave.|Road|Rd|Rd.|Lane|Drive|Dr.|Blvd|Way|Court|Place|Square|"
    "Highway|Terrace|Park|Close"
)

TOWNS = split_list(
    "London|New York|Chicago|Houston|Winston-Salem|Louisville|Kuala Lumpur|Petaling Jaya|"
    "Shah Alam|Johor Bahru|Seri Kembangan|Klang|Puchong|Ipoh|Penang|Singapore|Sydney|Toronto|"
    "Dublin|Boston|Richmond|Paris|Lyon|Berlin|München|Köln|Zürich|Genève|Málaga|Madrid|"
    "Lisboa|São Paulo|Göteborg|København|Manchester|Edinburgh|Washington|Philadelphia|"
    "Melbourne"
)

MALAY = split_list(
    "JALAN|JLN|TAMAN|BANDAR|KAWASAN PERINDUSTRIAN|LORONG|PERSIARAN|KAMPUNG|SEKSYEN|Jalan|"
    "Taman|Lot|PUSAT BANDAR"
)

MALAY_NAMES = split_list(
    "SETIA INDAH|SRI PERMAI|MERU|KENARI|TEMENGGUNG|PERMAS JAYA|DESA|UTAMA|SUTERA|"
    "BUKIT BINTANG|KEPONG|SENTOSA|DAMAI|MUTIARA|PANDAN|CEMPAKA|SUNGAI BESI|BALAKONG|SELANGOR|"
    "WAWASAN|PUTRA|UNIVERSITI|TUN RAZAK"
)

STATES = split_list("NY|CA|TX|NC|KY|VA|IL|OH|PA|FL|GA|MA|NJ|MI|WA|DC|TN|SC|MO|WI")

ITEMS = split_list(
    "Coffee|Tea|Teh Tarik|Kopi O|Milo Ais|Nasi Lemak|Roti Canai|Chicken Rice|Burger|Fries|"
    "Cheese|Bread|Milk|Eggs|Sugar|Water|Mineral Water|Cola|Orange Juice|Soup|Salad|Pizza|"
    "Fish|Beef|Lamb Chop|Mushroom|Noodle|Fried Rice|Ice Cream|Cake|Pen|Marker|Notebook|"
    "Paper A4|Envelope|Glue|Battery|Cable|Bulb|LED Lamp|Screw|Hinge|Paint|Brush|Tape|Tile|"
    "Cement|PVC Pipe|Wire|Socket|Shampoo|Soap|Tissue|Toothpaste|Detergent|T-Shirt|Shoes|Bag|"
    "Towel|Toner|USB Drive|Mouse|Keyboard|Adapter|Ibuprofen|Tablets|Capsules|Vitamin C|"
    "Crème brûlée|Jalapeño|Bœuf|Rosé"
)

UNITS = split_list(
    "KG|G|ML|L|PCS|PC|MM|CM|M|OZ|LB|PK|X|BTL|CTN|SET|BOX|PKT|kg|g|ml|pcs|mm|cm|MG|mg|MG|mcg|W|V|"
    "kV|A|HZ|kHz|GB|MB|HP|km|FT|IN|OZ|O|TAB|CAP"
)

CURRENCIES = split_list("RM|$|€|£|¥|USD|EUR|GBP|CHF|US$|MYR|kr|Fr.")

DOMAINS = split_list("com|com|com|org|net|co.uk|com.my|de|fr|edu|gov|io")

TOTALS = split_list(
    "TOTAL|Total|SUB TOTAL|Subtotal|Sub Total:|GRAND TOTAL|TOTAL DUE|CASH|CHANGE|Change|"
    "ROUNDING|Rounding Adj|Round Adj|NET TOTAL|Balance Due|TAX|DISC|Discount|TOTAL SALES|"
    "Total Sales Inclusive GST @6%|TOTAL INCL. GST|VISA|Total (Excluding GST)|GST 6%|VAT 20%|"
    "MwSt. 19%|TVA 20%|Service Charge (10%)|Total Qty|TOTAL QTY:|AMOUNT|Amount Paid|TIP|"
    "Total Payable|Total 0% supplies:|TOTAL SAVINGS|MASTERCARD|Bayar|Baki|JUMLAH|Summe EUR|"
    "Net à payer|Saldo|Taxable Amount|Total Rounded|Total Amt Incl. GST @ 6%|SALES TAX|"
    "Deposit|Refund"
)

RECEIPT = split_list(
    "TAX INVOICE|Tax Invoice|SIMPLIFIED TAX INVOICE|THANK YOU|THANK YOU, COME AGAIN|"
    "Thank You and Please Come Again|THANK YOU FOR YOUR PATRONAGE|"
    "GOODS SOLD ARE NOT RETURNABLE|GOODS SOLD ARE NOT REFUNDABLE|EXCHANGE ARE ALLOWED WITHIN|"
    "CASH BILL|CASH RECEIPT|*** DUPLICATE ***|CUSTOMER COPY|PLEASE KEEP THIS RECEIPT|"
    "GST SUMMARY|GST Summary|DESCRIPTION|Description|QTY|Qty|ITEM|PRICE|U/P|U.Price|UOM|Disc|"
    "AMT|Amount (RM)|Tax (RM)|Amt(RM)|TAX CODE|Tax Code|SR|ZRL|SR @ 6%|S = 6%|Z = 0%|"
    "NO SIGNATURE REQUIRED|APPROVED|CARD NUMBER|Walk-in Customer|HAVE A NICE DAY!|PAX|"
    "OPEN 24 HOURS|DINE IN|TAKE AWAY|Served by|Please retain for your records|E. & O. E.|"
    "RETURN WITHIN 7 DAYS WITH RECEIPT|PRICES INCLUDE GST WHERE APPLICABLE|SELF-SERVICE|"
    "-TAX INVOICE-"
)

KEYS = split_list(
    "GST ID|GST No|GST Reg No|GST REG. NO.|GST ID No|Co. Reg No|ROC NO|Tel|TEL|Fax|TEL/FAX|"
    "Date|DATE|Time|Invoice No|INV NO|INVOICE NO|Receipt #|RECEIPT NO|Bill No|Doc No|"
    "Document No|Cashier|CASHIER|Staff|Salesperson|SALESPERSON|Counter|POS|Till|Table|"
    "Order #|Slip No|Trans|Terminal|Member|Card No|Ref|REF|Account No|Customer|Owned By|"
    "Server|Check|Guests|Approval Code|Branch|Shift|Page|Your Ref|Our Ref|ID|No. Facture|"
    "Rechnung Nr.|Kunde|N° TVA|Fecha|Teléfono|Tél.|SIRET|IBAN|BIC|ABN"
)

FORM = split_list(
    "Name|NAME|First Name|Last Name|Address|ADDRESS|City|State|ZIP Code|Date of Birth|"
    "Signature|SIGNATURE|Date|DATE|TO|FROM|SUBJECT|RE|CC|cc|To|From|Subject|Attention|ATTN|"
    "Title|Department|Company|Phone No.|FAX NUMBER|Comments|COMMENTS|Description|Quantity|"
    "Unit Price|Approved By|Prepared by|Submitted|Received|Reason|Project No.|Brand|"
    "BRAND NAME|Product|Sample No.|Test|Results|Remarks|Manufacturer|Effective Date|"
    "Number of pages|NUMBER OF PAGES INCLUDING COVER|Region|Division|Account Name|"
    "Distribution|Type of Study|Objective|Budget|Cost|Agency|Market|Circulation|Size|Nom|"
    "Prénom|Adresse|Code postal|Straße|Geburtsdatum|Unterschrift|Fecha de nacimiento|"
    "Case Name|Plaintiff|Court|Authorization|Coupon|Requested by|Originated By|Initials"
)

HEADINGS = split_list(
    "INTRODUCTION|Abstract|REFERENCES|Table of Contents|CONCLUSIONS|Summary|APPENDIX A|"
    "MEMORANDUM|INTEROFFICE CORRESPONDENCE|CONFIDENTIAL|FACSIMILE TRANSMITTAL|"
    "Materials and Methods|Results and Discussion|Acknowledgments|AGENDA|MINUTES|NOTICE|"
    "EXHIBIT B|PURCHASE ORDER|TERMS AND CONDITIONS|QUARTERLY REPORT|Financial Highlights|"
    "Bibliography|Annual Report"
)

LETTER = split_list(
    "Dear Sir or Madam,|Dear {}:|Dear {},|Sincerely,|Sincerely yours,|Yours faithfully,|"
    "Very truly yours,|Best regards,|Enclosure|Encl.|cc: {}|Re: {}|By: {}|Monsieur {},|"
    "Sehr geehrter Herr {},|Veuillez agréer, Monsieur, mes salutations|"
    "Mit freundlichen Grüßen|P.S. {}"
)

ROMAN = split_list("I|II|III|IV|V|VI|VII|VIII|IX|X|XI|XII|ii|iii|iv|vi|vii")

# What serves where wordfreq or faker is not installed.
ENGLISH = split_list(
    "the|of|and|to|in|is|that|for|it|was|on|with|as|at|by|from|this|be|are|or|an|have|not|"
    "all|which|you|his|we|has|were|been|one|had|more|will|their|time|may|would|can|other|"
    "when|some|its|our|year|first|state|these|new|no|any|such|after|between|due|date|number|"
    "name|total|account|payment|invoice|order|company|report|office|department|service|"
    "address|form|page|section|school|city|water|house|market|world|people|question|answer|"
    "letter|paper|machine|general|public|national|system|group|member|process|result|value|"
    "quality|quick|brown|fox|jumps|over|lazy|dog|judge|vow|wizard|box|quiz|export|maximum|"
    "zero|jacket|knight|average"
)

FIRST_NAMES = split_list(
    "John|Mary|Peter|Anna|Zoë|José|François|Jürgen|Siti|Ahmad|Wei|Ming|Björn|Åsa|Inês"
)

LAST_NAMES = split_list(
    "Smith|Müller|Dubois|García|Rossi|Tan|Lim|Wong|Ismail|Abdullah|Novak|Sørensen|O'Neil|"
    "MacDonald|Van-Dyke|Krishnan|Nguyen|Lefèvre|Yeoh|Goh|Chong"
)
