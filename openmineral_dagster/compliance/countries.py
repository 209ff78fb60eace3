"""Countries by ISO 3166 code and by the names sanctions lists and people write, so that two mentions can be compared."""

import re
from functools import cache

from anyascii import anyascii

# "CODE name / other name"; words such as "the" and their order do not count.
_NAMES = """
AD Andorra; AE United Arab Emirates / UAE; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla; AL Albania; AM Armenia; AO Angola;
AQ Antarctica; AR Argentina; AS American Samoa; AT Austria; AU Australia; AW Aruba; AX Aland Islands; AZ Azerbaijan;
BA Bosnia and Herzegovina; BB Barbados; BD Bangladesh; BE Belgium; BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi; BJ Benin;
BL Saint Barthelemy; BM Bermuda; BN Brunei / Brunei Darussalam; BO Bolivia / Plurinational State of Bolivia;
BQ Bonaire, Sint Eustatius and Saba; BR Brazil; BS Bahamas; BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize;
CA Canada; CC Cocos Islands; CD Democratic Republic of the Congo / DR Congo / DRC; CF Central African Republic;
CG Congo / Republic of the Congo; CH Switzerland; CI Cote d'Ivoire / Cote d Ivoire / Ivory Coast; CK Cook Islands; CL Chile;
CM Cameroon; CN China / People's Republic of China; CO Colombia; CR Costa Rica; CU Cuba; CV Cabo Verde / Cape Verde; CW Curacao;
CX Christmas Island; CY Cyprus; CZ Czech Republic / Czechia; DE Germany; DJ Djibouti; DK Denmark; DM Dominica;
DO Dominican Republic; DZ Algeria; EC Ecuador; EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia;
FI Finland; FJ Fiji; FK Falkland Islands; FM Micronesia; FO Faroe Islands; FR France; GA Gabon;
GB United Kingdom / United Kingdom of Great Britain and Northern Ireland / UK / Great Britain; GD Grenada; GE Georgia;
GF French Guiana; GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN Guinea; GP Guadeloupe; GQ Equatorial Guinea;
GR Greece; GS South Georgia and the South Sandwich Islands; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana;
HK Hong Kong / China, Hong Kong Special Administrative Region / Hong Kong SAR; HM Heard Island and McDonald Islands; HN Honduras;
HR Croatia; HT Haiti; HU Hungary; ID Indonesia; IE Ireland; IL Israel; IM Isle of Man; IN India;
IO British Indian Ocean Territory;
IQ Iraq; IR Iran / Islamic Republic of Iran; IS Iceland; IT Italy; JE Jersey; JM Jamaica; JO Jordan; JP Japan; KE Kenya;
KG Kyrgyzstan / Kyrgyz Republic; KH Cambodia; KI Kiribati; KM Comoros; KN Saint Kitts and Nevis;
KP North Korea / Democratic People's Republic of Korea / DPRK; KR South Korea / Republic of Korea; KW Kuwait; KY Cayman Islands;
KZ Kazakhstan; LA Laos / Lao People's Democratic Republic; LB Lebanon; LC Saint Lucia; LI Liechtenstein; LK Sri Lanka; LR Liberia;
LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA Morocco; MC Monaco; MD Moldova / Republic of Moldova;
ME Montenegro; MF Saint Martin; MG Madagascar; MH Marshall Islands;
MK North Macedonia / Macedonia, the Former Yugoslav Republic of; ML Mali; MM Myanmar / Burma; MN Mongolia; MO Macau / Macao;
MP Northern Mariana Islands; MQ Martinique; MR Mauritania; MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi;
MX Mexico; MY Malaysia; MZ Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua;
NL Netherlands; NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama; PE Peru; PF French Polynesia;
PG Papua New Guinea; PH Philippines; PK Pakistan; PL Poland; PM Saint Pierre and Miquelon; PN Pitcairn; PR Puerto Rico;
PS Palestine / State of Palestine / Palestinian / West Bank / Region: Gaza; PT Portugal; PW Palau; PY Paraguay; QA Qatar;
RE Reunion; RO Romania; RS Serbia; RU Russia / Russian Federation; RW Rwanda; SA Saudi Arabia; SB Solomon Islands; SC Seychelles;
SD Sudan / Region: Kafia Kingi; SE Sweden; SG Singapore; SH Saint Helena; SI Slovenia; SJ Svalbard and Jan Mayen; SK Slovakia;
SL Sierra Leone; SM San Marino; SN Senegal; SO Somalia; SR Suriname; SS South Sudan; ST Sao Tome and Principe; SV El Salvador;
SX Sint Maarten; SY Syria / Syrian Arab Republic; SZ Eswatini / Swaziland; TC Turks and Caicos Islands; TD Chad;
TF French Southern Territories; TG Togo; TH Thailand; TJ Tajikistan; TK Tokelau; TL Timor-Leste / East Timor; TM Turkmenistan;
TN Tunisia; TO Tonga; TR Turkey / Turkiye; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan / Taiwan, Province of China;
TZ Tanzania / United Republic of Tanzania; UA Ukraine; UG Uganda; UM United States Minor Outlying Islands;
US United States / United States of America / USA; UY Uruguay; UZ Uzbekistan; VA Holy See / Vatican City;
VC Saint Vincent and the Grenadines; VE Venezuela / Bolivarian Republic of Venezuela; VG British Virgin Islands;
VI United States Virgin Islands; VN Vietnam / Viet Nam; VU Vanuatu; WF Wallis and Futuna; WS Samoa; XK Kosovo; YE Yemen;
YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe
"""


def iso_code(text: str | None) -> str | None:
    """The two-letter code of the country that `text` names or codes, or None where it names none known."""
    if not text:
        return None
    codes, names = _table()
    code = text.strip().upper()
    return code if code in codes else names.get(_key(text[:200]))


def iso_codes(text: str | None) -> frozenset[str]:
    """The codes of every known country in `text`, "; " between them as a list entry has it."""
    return frozenset(code for part in (text or "").split("; ") if (code := iso_code(part)))


def _key(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", anyascii(text).casefold())) - {"the", "of", "and"}


@cache
def _table() -> tuple[frozenset[str], dict[frozenset[str], str]]:
    entries = [entry.split(maxsplit=1) for entry in " ".join(_NAMES.split()).split("; ")]
    return frozenset(code for code, _ in entries), {_key(name): code for code, text in entries for name in text.split(" / ")}
