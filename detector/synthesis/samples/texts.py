# SPDX-License-Identifier: Apache-2.0
"""What the test images say. Persons, firms, addresses and numbers are made up."""
# ruff: noqa: E501 (prose is easier to read unbroken)

from __future__ import annotations

LETTER_HEAD = (
    "Harbour & Vale Rowing Club",
    "Boathouse Lane 7, Wickham Ferry",
    "secretary@harbourvale.example  ·  Tel. 0555 014 2290",
)
LETTER_BLOCK = (
    "Mrs. Eleanor Whitcombe",
    "19 Orchard Terrace",
    "Wickham Ferry WF4 2QT",
)
LETTER_DATE = "14 March 2024"
LETTER_SUBJECT = "Repair of the landing stage"
LETTER_BODY = (
    "Dear Mrs. Whitcombe,",
    "Thank you for your letter of 2 March, in which you ask when the lower landing stage will be "
    "open again. The committee met on Tuesday evening, and I am glad to tell you what was decided.",
    "The carpenter has looked at every plank and beam. Eleven planks are rotten and two of the "
    "piles have been hollowed by worms, so that nobody should step on the stage before it is "
    "mended. His offer is £3,480 for oak or £2,150 for larch, including labour. We chose oak: it "
    "costs more, but it should last some thirty years.",
    "The work begins on 8 April and takes about three weeks. Until then please use the steps at "
    'the upper quay, and mind that they are slippery after rain. Your skiff "Kittiwake" can stay '
    "in bay 12 free of charge; the key hangs where it always has.",
    "You also kindly offered to help with the painting. May we take you at your word on Saturday, "
    "27 April, from 10 o'clock? There will be brushes, tea and a large apple cake.",
)
LETTER_CLOSE = ("Yours sincerely,", "Thomas A. Pellow", "Honorary Secretary")
LETTER_NOTE = "Enclosed: plan of the moorings (1 page)"

ARTICLE_HEAD = ("THE COASTAL REVIEW", "Vol. 12, No. 3")
ARTICLE_TITLE = "Keepers of the Light: A Short History of Lighthouses"
ARTICLE_AUTHOR = "by Miriam Oakes and Daniel Ferreira"
ARTICLE = (
    (
        "",
        "For as long as people have sailed at night, somebody has kept a fire burning on the shore "
        "for them. The first lights were heaps of wood on a headland, and they were as likely to be put "
        "out by the rain as to be seen. The great tower of Alexandria, finished about 280 BC, stood more "
        "than a hundred metres high and burned for some fifteen centuries before earthquakes brought it "
        "down. Nothing built after it reached that height until the age of steel.",
    ),
    (
        "Coal, oil and glass",
        "Coal was bright but dirty, and a large light could eat four hundred tons in a "
        "single year. Candles were cleaner and far too weak: the second Eddystone tower had to make do with "
        "twenty-four of them. In 1782 Aimé Argand, a physicist from Geneva, put a round wick inside a glass "
        "chimney. The draught made the flame ten times brighter, and it hardly smoked.",
    ),
    (
        "",
        "The real change came from a pair of spectacles, so to speak. Augustin Fresnel saw that a thick lens "
        "wastes most of its glass. He kept only the curved edges, ring within ring, and bent almost all of the "
        "light into one flat beam. His first large lens was lit at Cordouan in July 1823 and could be seen from "
        "more than 30 kilometres away. Mariners called it the invention that saved a million ships.",
    ),
    (
        "Building on rock",
        "A tower on land needs only a good mason. A tower on a reef that the sea covers twice a "
        "day needs patience as well. On the Bell Rock, off Arbroath, the men could work for barely two hours "
        "between tides; in the first season, 1807, they managed 133 hours of labour in all. Each block of "
        "granite was cut to lock into its neighbours like a piece of a puzzle, a trick that John Smeaton had "
        "borrowed from the paving stones of London and from the shape of an oak tree.",
    ),
    (
        "The life of a keeper",
        "The rules were strict. The lamp was lit at sunset and watched in turns until sunrise; "
        "the keeper on duty was not allowed to sit in a comfortable chair. By day there was brass to polish, "
        "wicks to trim, clockwork to wind and a log to write. On rock stations the relief boat came every four "
        "weeks if the weather was kind. It often was not: in the winter of 1946 the keepers of one Cornish tower "
        "waited 29 days past their time and were living on flour and rain water at the end.",
    ),
    (
        "",
        "Families who lived on shore stations grew potatoes, kept a goat or a few hens, and taught the children "
        'themselves. Visitors were shown up the stairs with pride, and asked to sign the book. "Mind the paint," '
        'one entry warns, "it is always wet."',
    ),
    (
        "Lights without keepers",
        "Gustaf Dalén's sun valve of 1907 turned a gas flame off by day without any hand "
        "touching it, and won him a Nobel Prize. Electricity did the rest. One after another the stations were "
        "made automatic; the last keepers in Britain went ashore in November 1998. Today a lamp no bigger than a "
        "jam jar does the work of a room full of glass, and a computer far inland telephones an engineer when it "
        "fails.",
    ),
    (
        "",
        "Do ships still need them? Satellites tell a captain where she is to within a few metres. But a screen can "
        "go dark, and a light on the cliff cannot be jammed. About 18,000 of them are still burning. Perhaps we keep "
        "them for the reason we always did: it is good to know that somebody is there.",
    ),
)
ARTICLE_NOTE = (
    "1 The figures are taken from the authors' visits to nine stations between 2016 and 2019."
)
ARTICLE_CAPTION = "Fig. 1. Height of ten towers, in metres, from the oldest to the youngest."

RECEIPT_HEAD = (
    "GREEN BASKET MARKET",
    "Mill Street 48",
    "Ashdown AD1 6RW",
    "Tel: 0555 018 7731",
    "VAT No. 555 0142 90",
)
RECEIPT_META = (
    ("Date: 22/06/2024", "Time: 17:42"),
    ("Till: 03", "Receipt: 0049117"),
    ("Served by: Priya", ""),
)
RECEIPT_ITEMS = (
    ("WHOLEMEAL BREAD 800G", "1.85"),
    ("SEMI SKIMMED MILK 2L", "1.55"),
    ("FREE RANGE EGGS X12", "3.20"),
    ("SALTED BUTTER 250G", "2.10"),
    ("BANANAS LOOSE", "0.98"),
    ("  0.890 kg @ 1.10/kg", ""),
    ("TOMATOES ON THE VINE", "2.25"),
    ("CUCUMBER", "0.79"),
    ("NEW POTATOES 1KG", "1.40"),
    ("CHICKEN THIGHS", "5.64"),
    ("  0.940 kg @ 6.00/kg", ""),
    ("BASMATI RICE 1KG", "2.75"),
    ("CHOPPED TOMATOES 4PK", "2.60"),
    ("OLIVE OIL 500ML", "6.95"),
    ("DARK CHOCOLATE 85%", "1.30"),
    ("DARK CHOCOLATE 85%", "1.30"),
    ("GROUND COFFEE 227G", "4.50"),
    ("EARL GREY TEA X80", "3.15"),
    ("WASHING UP LIQUID", "1.19"),
    ("KITCHEN ROLL 2PK", "2.49"),
    ("CAT FOOD IN JELLY 12PK", "4.99"),
    ("BIRTHDAY CARD", "2.00"),
    ("CARRIER BAG", "0.30"),
    ("MULTIBUY SAVING", "-0.60"),
)
RECEIPT_SUMS = (
    ("SUBTOTAL", "52.68"),
    ("STAFF DISCOUNT", "0.00"),
    ("TOTAL GBP", "52.68"),
    ("CASH", "60.00"),
    ("CHANGE", "7.32"),
)
RECEIPT_TAX = (("VAT RATE", "NET", "VAT"), ("A 0%", "31.16", "0.00"), ("B 20%", "17.93", "3.59"))
RECEIPT_CLOSE = (
    "ITEMS SOLD: 21",
    "You saved 0.60 today",
    "Points earned: 52",
    "Please keep this receipt",
    "for refunds within 28 days",
    "THANK YOU FOR SHOPPING",
    "WITH US",
)

NOTICE_TITLE = "Apple and Walnut Cake"
NOTICE_INTRO = "From Aunt Bertha's kitchen. Serves ten, keeps for a week in a tin, and is better on the second day."
NOTICE_LISTS = (
    (
        "You need",
        (
            "250 g flour",
            "180 g brown sugar",
            "150 g butter, melted",
            "3 large eggs",
            "4 sour apples (about 600 g)",
            "100 g walnuts, roughly chopped",
            "2 tsp baking powder",
            "1 tsp cinnamon, 1 pinch of salt",
        ),
    ),
)
NOTICE_STEPS = (
    "1. Heat the oven to 175 °C and butter a round tin of 24 cm.",
    "2. Peel and core the apples. Cut three of them into small cubes and the last one into thin slices.",
    "3. Beat eggs and sugar until pale, then stir in the melted butter.",
    "4. Mix flour, baking powder, cinnamon and salt, and fold them in with a spoon. Add the cubes and the walnuts.",
    "5. Fill the tin, lay the slices on top like the petals of a flower, and sprinkle with sugar.",
    "6. Bake for 50 to 55 minutes. A knife put into the middle should come out clean.",
)
NOTICE_END = "Tip: pears do as well, but leave out the cinnamon."

CHINESE_TITLE = "海边的灯塔"
CHINESE_AUTHOR = "林小舟"
CHINESE = (
    "我的家乡在一个小小的渔村，村子东边的山坡上有一座白色的灯塔。每天傍晚，太阳落到海里以后，灯塔就亮起来，一圈一圈的光从屋顶上慢慢走过。",
    "看守灯塔的是一位姓陈的老人。他的头发全白了，手却很稳。他说，灯塔建于1912年，那时候用的是煤油，每两个小时就要上去添一次油，冬天风大，连门都推不开。",
    "小时候我最喜欢爬灯塔的楼梯。楼梯一共有一百二十八级，又窄又黑，可是走到最上面，门一打开，整个大海就在眼前。远处的船像几片叶子，近处的浪花拍着礁石，声音传得很远。",
    "后来灯塔装上了电灯，再后来又换成了自动的设备，不再需要人守着了。陈爷爷还是每天上去一趟，擦一擦玻璃，看一看天气，把当天的事情写在本子上。他说：“灯不需要我，可是我需要它。”",
    "去年夏天我带着女儿回去，灯塔已经变成了一座小博物馆，门票十五元。墙上挂着陈爷爷的照片，旁边放着他写的三十七本日记。女儿问我：“爸爸，晚上它还会亮吗？”我说：“会的，每天晚上都会亮。”",
)
CHINESE_FOOT = "《海风》2023年第4期  第56页"

FAX_HEAD = (
    ("TO:", "Marlow Instruments Ltd., Attn. Mr. J. Okafor"),
    ("FAX:", "0555 016 3348"),
    ("FROM:", "Brightwater Shipyard, Purchasing"),
    ("DATE:", "9 October 1996"),
    ("PAGES:", "1"),
    ("SUBJECT:", "Order 4471-B, change of delivery"),
)
FAX_BODY = (
    "Dear Mr. Okafor,",
    "Further to our telephone call of this morning I confirm the following changes to our order 4471-B "
    "of 17 September:",
    "a) Item 3, pressure gauges type PG-20: please deliver 36 pieces instead of 24.",
    "b) Item 5, brass valves 3/4 inch: cancelled.",
    "c) All other items to arrive by Friday, 25 October, at gate 2, between 7.30 and 15.00 hours.",
    "The price per gauge stays at 41.75 as agreed. Kindly sign and return this page by fax to 0555 016 9012 "
    "so that the drawings can be released.",
    "Regards,",
    "H. Lindqvist",
)
FAX_LINE = "09-OCT-96 WED 11:26   BRIGHTWATER SHIPYARD   FAX NO. 05550169012   P. 01"

CARD = (
    "Dr. Ingrid Solheim",
    "Veterinary Surgeon",
    "Fjordview Animal Clinic",
    "22 Lindenallee, 04519 Neustadt",
    "Tel. +49 555 0127 884",
    "ingrid.solheim@fjordview.example",
    "www.fjordview.example",
)

FORM_TITLE = (
    "APPLICATION FOR A READER'S TICKET",
    "Form L-17 (rev. 05/2011)",
    "Ashdown County Library",
)
FORM_NOTE = (
    "Please complete in block letters. Persons under 16 need the signature of a parent. The ticket is valid "
    "for 24 months and must not be lent to others."
)
FORM_FIELDS = (
    (("1. Family name", "HOLLOWAY"), ("2. First names", "BEATRICE ANNE")),
    (
        ("3. Date of birth", "03/11/1987"),
        ("4. Place of birth", "PORTHAVEN"),
        ("5. Nationality", "BRITISH"),
    ),
    (("6. Address", "FLAT 5, 112 CHAPEL ROAD"),),
    (("7. Town", "ASHDOWN"), ("8. Postcode", "AD3 9LP"), ("9. Telephone", "0555 012 6604")),
    (("10. E-mail", "B.HOLLOWAY@MAIL.EXAMPLE"), ("11. Occupation", "SURVEYOR")),
)
FORM_CHECKS = (
    "12. I wish to borrow",
    (("Books", True), ("Music", True), ("Films", False), ("Maps and plans", True)),
)
FORM_TABLE = (
    ("Former tickets", "Branch", "From", "To"),
    ("A-20931", "High Street", "2004", "2009"),
    ("C-00417", "Station Road", "2013", "2016"),
)
FORM_END = (("Date", "16/02/2023"), ("Signature", ""))
FORM_OFFICE = (
    ("FOR OFFICE USE ONLY",),
    (("Ticket no.", "D-11873"), ("Issued by", "M. Grant"), ("Fee paid", "£ 4.00")),
)

INVOICE_HEAD = ("Nordlicht Fahrräder GmbH", "Werkstraße 9 · 24103 Kiel", "RECHNUNG")
INVOICE_TO = ("Café Möwe", "z. Hd. Frau Jürgens", "Hafenplatz 2", "24159 Kiel")
INVOICE_META = (
    ("Rechnungsnr.", "2024-0387"),
    ("Datum", "05.08.2024"),
    ("Kundennr.", "10266"),
    ("Fällig am", "19.08.2024"),
)
INVOICE_TABLE = (
    ("Pos.", "Beschreibung", "Menge", "Einzelpreis", "Betrag"),
    ("1", 'Lastenrad "Möwe", 8 Gänge, blau', "2", "1.890,00 €", "3.780,00 €"),
    ("2", "Transportkiste mit Deckel", "2", "149,50 €", "299,00 €"),
    ("3", "Bügelschloss, geprüft", "4", "38,90 €", "155,60 €"),
    ("4", "Inspektion und Einstellung", "3 Std.", "52,00 €", "156,00 €"),
    ("5", "Lieferung frei Haus", "1", "0,00 €", "0,00 €"),
)
INVOICE_SUMS = (
    ("Zwischensumme", "4.390,60 €"),
    ("zzgl. 19 % MwSt.", "834,21 €"),
    ("Gesamtbetrag", "5.224,81 €"),
)
INVOICE_END = (
    "Bitte überweisen Sie den Betrag innerhalb von 14 Tagen ohne Abzug. Die Ware bleibt bis zur vollständigen "
    "Bezahlung unser Eigentum. Vielen Dank für Ihren Auftrag!"
)
INVOICE_FOOT = (
    "IBAN DE00 5555 0000 0012 3456 78",
    "USt-IdNr. DE555014290",
    "Geschäftsführung: K. Brandt",
)

SIGN = (
    "WICKHAM FERRY",
    "Summer timetable",
    "First boat 6.45",
    "Last boat 21.30",
    "Adults £2.40",
    "Children and dogs free",
)
