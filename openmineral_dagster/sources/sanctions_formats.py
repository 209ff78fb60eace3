"""The layouts of the sanctions lists: the lines of an OFAC, UN, EU or UK file turned into listed names. Opens no files."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

OFAC_WIDTHS = {"sdn": 12, "alt": 5, "add": 6}
OFAC_TYPES = {"individual": "person", "vessel": "vessel"}
EU_TYPES = {"p": "person", "person": "person", "e": "entity", "enterprise": "entity"}
EU_COLUMNS = (
    "fileGenerationDate",
    "Entity_LogicalId",
    "Entity_SubjectType_ClassificationCode",
    "Entity_Regulation_Programme",
    "NameAlias_WholeName",
)
EU_MORE = ("NameAlias_Remark", "NameAlias_Strong", "Address_CountryDescription", "Citizenship_CountryDescription")
UK_TYPES = {"individual": "person", "entity": "entity", "ship": "vessel"}
UK_COLUMNS = ("Unique ID", *(f"Name {part}" for part in range(1, 7)), "Name type", "Designation Type", "Regime Name")
UK_MORE = ("Alias strength", "Address Country", "Nationality(/ies)", "IMO number", "Name non-latin script")
Lines = Iterable[str]


@dataclass(frozen=True, slots=True)
class ListedName:
    """One name of one listed person, entity or vessel.

    Attributes:
        uid: the list's own id of whom it names.
        entity_type: person, entity or vessel.
        alias_kind: primary, strong or weak (the publisher calls it of low quality).
        country: as the list writes it, "; " between several.
        imo: ship number, seven digits.
    """

    uid: str
    entity_type: str
    name: str
    alias_kind: str
    programme: str | None
    country: str | None
    imo: str | None


@dataclass(frozen=True)
class RowFault:
    """A row that could not be used: its part of the list, number (from 1, header excluded), text and the reason."""

    part: str
    row: int
    value: str
    reason: str


@dataclass(frozen=True)
class Page:
    """What a list copy says: the date inside it, if any, its names, and the rows that could not be used."""

    day: date | None
    names: list[ListedName]
    faults: list[RowFault]


def read_ofac(parts: Mapping[str, Lines]) -> Page:
    """OFAC's legacy files, `sdn` with `alt` and `add` where present: no header, `-0-` for null, joined on entity number.

    An entity number held by two names keeps both; an alias of a number `sdn` does not hold is a fault.
    """
    faults: list[RowFault] = []
    countries: dict[str, list[str]] = {}
    for _, row in _ofac_rows("add", parts.get("add", ()), faults):
        countries.setdefault(row[0], []).append(row[4])
    names = [name for _, row in _ofac_rows("sdn", parts["sdn"], faults) for name in _ofac_entry(row, countries.get(row[0], []))]
    holders: dict[str, list[ListedName]] = {}
    for name in names:
        if name.alias_kind == "primary":
            holders.setdefault(name.uid, []).append(name)
    for number, row in _ofac_rows("alt", parts.get("alt", ()), faults):
        held_by = holders.get(row[0], [])
        if not held_by:
            faults.append(RowFault("alt", number, ",".join(row), "alias of an entity number that the names file does not hold"))
        names += [_name(h.uid, h.entity_type, row[3], "strong", h.programme, [h.country], h.imo) for h in held_by]
    return Page(None, names, faults)


def _ofac_rows(part: str, lines: Lines, faults: list[RowFault]) -> Iterator[tuple[int, list[str]]]:
    width = OFAC_WIDTHS[part]
    for number, row in enumerate(csv.reader(lines), start=1):
        if len(row) != width or not row[0].strip().isdigit():
            faults.append(RowFault(part, number, ",".join(row), f"expected {width} fields, the first an entity number"))
            continue
        yield number, ["" if field.strip() == "-0-" else field.strip() for field in row]


def _ofac_entry(row: list[str], addresses: list[str]) -> Iterator[ListedName]:
    """The primary name of an SDN row and the weak aliases its remarks quote."""
    remarks = row[11]
    kind = OFAC_TYPES.get(row[2].lower(), "entity")
    countries = [*addresses, *re.findall(r"nationality ([A-Z][^;.]*)", remarks)]
    imo = _imo(" ".join(re.findall(r"IMO\D{0,3}\d{7}", remarks)))
    yield _name(row[0], kind, row[1], "primary", row[3], countries, imo)
    for alias in re.findall(r"[afn]\.k\.a\. '(.+?)'(?=[;.]|$)", remarks):
        yield _name(row[0], kind, alias, "weak", row[3], countries, imo)


def read_un(content: bytes) -> Page:
    """The UN consolidated list: individuals with up to four name parts, entities with the whole name in the first.

    Raises:
        ValueError: the XML holds a document type or entities, or lacks the list's root.
        ParseError: it is not well-formed XML.
    """
    root = fromstring(content, forbid_dtd=True)
    if root.tag != "CONSOLIDATED_LIST":
        raise ValueError("no CONSOLIDATED_LIST at its root")
    day = parse_day(root.get("dateGenerated", "")[:10], "%Y-%m-%d")
    names, faults = [], []
    found = [("person", item) for item in root.iter("INDIVIDUAL")] + [("entity", item) for item in root.iter("ENTITY")]
    for number, (kind, item) in enumerate(found, start=1):
        listed = list(_un_names(kind, item))
        if not any(name.alias_kind == "primary" for name in listed):
            faults.append(RowFault("un", number, _text(item, "REFERENCE_NUMBER"), "an entry without a name or a number"))
            continue
        names += listed
    return Page(day, names, faults)


def _un_names(kind: str, item: Element) -> Iterator[ListedName]:
    uid = _text(item, "REFERENCE_NUMBER") or _text(item, "DATAID")
    programme = _text(item, "UN_LIST_TYPE")
    countries = [place.text or "" for path in ("NATIONALITY/VALUE", ".//COUNTRY") for place in item.findall(path)]
    whole = " ".join(_text(item, f"{order}_NAME") for order in ("FIRST", "SECOND", "THIRD", "FOURTH"))
    found = [(whole, "primary"), (_text(item, "NAME_ORIGINAL_SCRIPT"), "strong")]
    for alias in (*item.findall("INDIVIDUAL_ALIAS"), *item.findall("ENTITY_ALIAS")):
        found.append((_text(alias, "ALIAS_NAME"), "weak" if _text(alias, "QUALITY").lower() == "low" else "strong"))
    for name, alias_kind in found:
        if uid and name.strip():
            yield _name(uid, kind, name, alias_kind, programme, countries, None)


def _text(item: Element, tag: str) -> str:
    return " ".join((item.findtext(tag) or "").split())


def read_eu(lines: Lines) -> Page:
    """The EU's flat file: `;` between fields, a row for each name and address of an entity; the first name is the primary one.

    Raises:
        ValueError: a column the reader needs is not there.
    """
    rows = _headed_rows(iter(lines), ";", EU_COLUMNS, EU_MORE)
    names: list[ListedName] = []
    faults: list[RowFault] = []
    seen: set[str] = set()
    day = None
    for number, row in enumerate(rows, start=1):
        day = day or parse_day(row["fileGenerationDate"], "%d/%m/%Y", "%Y-%m-%d")
        uid, name = row["Entity_LogicalId"], row["NameAlias_WholeName"]
        kind = EU_TYPES.get(row["Entity_SubjectType_ClassificationCode"].lower())
        if not uid or kind is None:
            faults.append(RowFault("eu", number, f"{uid};{name}", "expected an Entity_LogicalId and a subject type P or E"))
            continue
        if not name:  # an address, a birth date or a document of an entity named on another row
            continue
        weak = "low quality" in row["NameAlias_Remark"].lower() or row["NameAlias_Strong"].lower() == "false"
        alias_kind = "primary" if uid not in seen else "weak" if weak else "strong"
        seen.add(uid)
        countries = [row["Address_CountryDescription"], row["Citizenship_CountryDescription"]]
        names.append(_name(uid, kind, name, alias_kind, row["Entity_Regulation_Programme"], countries, None))
    return Page(day, names, faults)


def read_uk(lines: Lines) -> Page:
    """The UK Sanctions List: the report date on its first line, the header on its second, a row for each name and address.

    Raises:
        ValueError: a column the reader needs is not there.
    """
    table = iter(lines)
    first = next(table, "")
    names: list[ListedName] = []
    faults: list[RowFault] = []
    for number, row in enumerate(_headed_rows(table, ",", UK_COLUMNS, UK_MORE), start=1):
        uid, kind = row["Unique ID"], UK_TYPES.get(row["Designation Type"].lower())
        whole = " ".join(row[f"Name {part}"] for part in range(1, 7)).strip()
        if not uid or kind is None or not whole:
            faults.append(RowFault("uk", number, f"{uid},{whole}", "expected a Unique ID, a name and a designation type"))
            continue
        countries = [row["Address Country"], row["Nationality(/ies)"]]
        own = (row["Regime Name"], countries, _imo(row["IMO number"]))
        names.append(_name(uid, kind, whole, _uk_alias_kind(row), *own))
        if row["Name non-latin script"]:
            names.append(_name(uid, kind, row["Name non-latin script"], "strong", *own))
    return Page(parse_day(first.partition(":")[2].strip(' ",\r'), "%d-%b-%Y", "%d/%m/%Y", "%Y-%m-%d"), names, faults)


def _uk_alias_kind(row: dict[str, str]) -> str:
    if row["Name type"].lower() == "primary name":
        return "primary"
    return "weak" if "low" in row["Alias strength"].lower() else "strong"


def _headed_rows(lines: Iterator[str], delimiter: str, needed: Sequence[str], more: Sequence[str]) -> Iterator[dict[str, str]]:
    """The `needed` and `more` fields of each row, trimmed; "" for one of `more` that the file or the row does not have."""
    reader = csv.reader(lines, delimiter=delimiter)
    header = [field.strip() for field in next(reader, [])]
    missing = [name for name in needed if name not in header]
    if missing:
        raise ValueError(f"columns are missing: {', '.join(missing)}")
    wanted = [(name, header.index(name) if name in header else len(header)) for name in (*needed, *more)]
    for row in reader:
        if row:
            yield {name: row[place].strip() if place < len(row) else "" for name, place in wanted}


def _name(
    uid: str, entity_type: str, name: str, kind: str, programme: str | None, countries: Iterable[str | None], imo: str | None
) -> ListedName:
    places = [part for text in countries for part in (text or "").split("; ") if part.strip()]
    country = "; ".join(dict.fromkeys(place.strip() for place in places)) or None
    return ListedName(uid, entity_type, " ".join(name.split()), kind, programme or None, country, imo)


def parse_day(text: str, *layouts: str) -> date | None:
    """`text` as a day in the first of the strptime `layouts` that fits, or None."""
    for layout in layouts:
        try:
            return datetime.strptime(text.strip(), layout).date()
        except ValueError:
            continue
    return None


def _imo(text: str) -> str | None:
    found = re.search(r"(?<!\d)\d{7}(?!\d)", text)
    return found.group() if found else None
