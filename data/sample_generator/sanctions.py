"""The sample's sanctions lists: fictional names in the layouts of OFAC, the UN, the EU and the UK, dated the last day."""

from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from sample_generator.files import write_text
from sample_generator.paths import LAST_DAY

Entry = tuple[str, str, str, str]
"""Name, kind (individual, entity or vessel), country and an alias or ""."""

OFAC: tuple[Entry, ...] = (
    ("KESTREL HOLLOW METALS FZE", "entity", "United Arab Emirates", "KESTREL HOLLOW TRADING"),
    ("VOSTRANIA ORE EXPORT LLC", "entity", "Russia", "VOSTRANIA RUDA"),
    ("MARROWGATE SHIPPING CO. LTD.", "entity", "Hong Kong", ""),
    ("QUILLON BAY SMELTING COMPANY", "entity", "Iran", "QUILLON SMELTER"),
    ("BRANDERMOOR COMMODITIES PTE. LTD.", "entity", "Singapore", ""),
    ("TARNWOLD BULLION HOUSE", "entity", "Turkey", "TARNWOLD GOLD"),
    ("OSTREVAL NICKEL COMBINE JSC", "entity", "Russia", "OSTREVAL NIKEL"),
    ("PELLUCID STRAIT LOGISTICS", "entity", "Syria", ""),
    ("GRIMSDYKE, Aldous Ferrant", "individual", "Belarus", "GRIMSDIKE, Aldo"),
    ("VELNIKOV, Orest Tamarin", "individual", "Russia", ""),
    ("ZUMARRAN, Delphina Oro", "individual", "Venezuela", ""),
    ("HALVERDEEN, Joost Marlo", "individual", "Democratic Republic of the Congo", ""),
    ("MV GANNET SORROW", "vessel", "Panama", "MV GREY GANNET"),
    ("MV BLACK CORMORANT OF YSS", "vessel", "Liberia", ""),
)
UN: tuple[Entry, ...] = (
    ("Bahari Tungu Kelemba", "individual", "Democratic Republic of the Congo", "Colonel Tungu"),
    ("Sefu Marandi Okolo", "individual", "Rwanda", ""),
    ("Idrakh Yol Samanov", "individual", "North Korea", "Samanof"),
    ("Lemuel Dasht Pourani", "individual", "Iran", ""),
    ("Corvane Adjo Ntesi", "individual", "Central African Republic", ""),
    ("Umbra Lake Gold Comptoir", "entity", "Uganda", "Comptoir du Lac Umbra"),
    ("Red Thornbush Mineral Cooperative", "entity", "Democratic Republic of the Congo", ""),
    ("Paektoran General Ore Bureau", "entity", "North Korea", "Paektoran Bureau 47"),
    ("Silent Heron Maritime Office", "entity", "North Korea", ""),
    ("Wadi Nasmah Exchange", "entity", "Yemen", ""),
)
EU: tuple[Entry, ...] = (
    ("Ostreval Nickel Combine", "entity", "Russian Federation", "Kombinat Ostreval"),
    ("Zelenov Brod Aluminium Works", "entity", "Russian Federation", ""),
    ("Corbeaumont Affinage Holding", "entity", "Belarus", "Corbeaumont Holding"),
    ("Nordhavn Skarn Shipping", "entity", "Russian Federation", ""),
    ("Talvisaar Lead Refinery", "entity", "Belarus", ""),
    ("Mirefall Concentrates Trading", "entity", "Syria", "Mirefall Concentrates"),
    ("Anatol Breskin Voronel", "individual", "Russian Federation", ""),
    ("Ysolde Marchenko Tarr", "individual", "Belarus", "Isolde Tarr"),
    ("Rustem Galdanov Ivey", "individual", "Russian Federation", ""),
    ("Fedor Ulmanesh Krail", "individual", "Russian Federation", ""),
)
UK: tuple[Entry, ...] = (
    ("Larkspur Meridian Metals", "entity", "Cyprus", "Larkspur Meridian"),
    ("Vostrania Ore Export", "entity", "Russia", ""),
    ("Thistlemarsh Gold Brokers", "entity", "United Arab Emirates", ""),
    ("Eskermoor Tanker Management", "entity", "Marshall Islands", ""),
    ("Hollin Verge Copper Trading", "entity", "Zimbabwe", "Hollinverge"),
    ("Cindermere Freight Forwarding", "entity", "Russia", ""),
    ("Aldous Ferrant Grimsdyke", "individual", "Belarus", ""),
    ("Piers Rothgar Valdane", "individual", "Russia", "P R Valdane"),
    ("Nerys Oblonska Quaid", "individual", "Belarus", ""),
    ("GANNET SORROW", "vessel", "Panama", ""),
)
EU_HEADER = (
    "fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType_ClassificationCode;"
    "Entity_Regulation_Programme;NameAlias_WholeName;NameAlias_Strong;NameAlias_Remark;"
    "Address_CountryDescription;Citizenship_CountryDescription"
)
UK_HEADER = (
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,"
    "Alias strength,Name non-latin script,Regime Name,Designation Type,Designation source,Address Country,"
    "Nationality(/ies),IMO number"
)
IMO = {"GANNET SORROW": "3000001", "BLACK CORMORANT OF YSS": "3000013"}
"""Ship numbers whose check digit is right; ships in service carry numbers that begin with 1 or with 5 to 9."""


def write_lists(folder: Path) -> None:
    """The four lists, in `sanctions` under `folder`."""
    lists = folder / "sanctions"
    day = LAST_DAY.isoformat()
    for part, text in (("sdn", _sdn()), ("alt", _alt()), ("add", _add())):
        write_text(lists / f"{part}_{day}.csv", text)
    write_text(lists / "un_consolidated.xml", _un(LAST_DAY))
    write_text(lists / "eu_consolidated.csv", _eu(LAST_DAY))
    write_text(lists / "uk_sanctions_list.csv", _uk(LAST_DAY))


def _sdn() -> str:
    null = "-0- "
    lines = []
    for number, (name, kind, country, _) in enumerate(OFAC, start=90001):
        shown = null if kind == "entity" else f'"{kind}"'
        flag = f'"{country}"' if kind == "vessel" else null
        imo = f'"Vessel Registration Identification IMO {IMO[name.removeprefix("MV ")]}."' if kind == "vessel" else null
        fields = [str(number), f'"{name}"', shown, '"SAMPLE"', null, null, null, null, null, flag, null, imo]
        lines.append(",".join(fields))
    return "\n".join(lines) + "\n"


def _alt() -> str:
    aliases = [(number, alias) for number, (_, _, _, alias) in enumerate(OFAC, start=90001) if alias]
    return "".join(f'{number},{key},"aka","{alias}",-0- \n' for key, (number, alias) in enumerate(aliases, start=70001))


def _add() -> str:
    places = [(number, country) for number, (_, kind, country, _) in enumerate(OFAC, start=90001) if kind != "vessel"]
    return "".join(f'{number},{number + 10000},-0- ,-0- ,"{country}",-0- \n' for number, country in places)


def _un(day: date) -> str:
    people = [_un_item("INDIVIDUAL", number, entry, day) for number, entry in enumerate(UN, 1) if entry[1] == "individual"]
    bodies = [_un_item("ENTITY", number, entry, day) for number, entry in enumerate(UN, 1) if entry[1] == "entity"]
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<CONSOLIDATED_LIST dateGenerated="{day}T00:00:00.000Z">\n'
        f"  <INDIVIDUALS>\n{''.join(people)}  </INDIVIDUALS>\n"
        f"  <ENTITIES>\n{''.join(bodies)}  </ENTITIES>\n"
        "</CONSOLIDATED_LIST>\n"
    )


def _un_item(tag: str, number: int, entry: Entry, day: date) -> str:
    name, kind, country, alias = (escape(field) for field in entry)
    parts = name.split() if kind == "individual" else [name]
    named = "".join(
        f"<{order}_NAME>{part}</{order}_NAME>" for order, part in zip(("FIRST", "SECOND", "THIRD"), parts, strict=False)
    )
    known_as = f"<{tag}_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{alias}</ALIAS_NAME></{tag}_ALIAS>" if alias else ""
    return (
        f"    <{tag}><DATAID>{880000 + number}</DATAID><VERSIONNUM>1</VERSIONNUM>{named}<UN_LIST_TYPE>SAMPLE</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>SAM.{number:03d}</REFERENCE_NUMBER><LISTED_ON>{day}</LISTED_ON>{known_as}"
        f"<{tag}_ADDRESS><COUNTRY>{country}</COUNTRY></{tag}_ADDRESS></{tag}>\n"
    )


def _eu(day: date) -> str:
    generated = day.strftime("%d/%m/%Y")
    lines = [EU_HEADER]
    for number, (name, kind, country, alias) in enumerate(EU, start=1):
        code = "P" if kind == "individual" else "E"
        for shown in filter(None, (name, alias)):
            lines.append(f"{generated};{7000 + number};EU.{number}.0;{code};SAMPLE;{shown};true;;{country};")
    return "\ufeff" + "\n".join(lines) + "\n"


def _uk(day: date) -> str:
    lines = [f"Report Date: {day.strftime('%d-%b-%Y')}", UK_HEADER]
    types = {"individual": "Individual", "entity": "Entity", "vessel": "Ship"}
    for number, (name, kind, country, alias) in enumerate(UK, start=1):
        for shown, name_type, strength in ((name, "Primary Name", ""), (alias, "Alias", "Good quality a.k.a")):
            if shown:
                imo = IMO[name] if kind == "vessel" else ""
                lines.append(
                    f"{day.strftime('%d/%m/%Y')},SAM{number:04d},{15000 + number},,{shown},,,,,,{name_type},{strength},,"
                    f"Sample regime,{types[kind]},UK,{country},,{imo}"
                )
    return "\n".join(lines) + "\n"
