"""When nothing is said: neighbours of the languages it was taught, pictures, numbers, mixed languages."""

from __future__ import annotations

from typing import Final

import pytest

from resa.feedback.text import Reader

NEIGHBOURS: Final = {
    "da": """Varen kom hurtigt frem, og kvaliteten er rigtig god.
Jeg har ventet i tre uger og får ikke svar på mine mails.
Kundeservice var meget hjælpsom, tak for det.
Pakken var åbnet, da den kom.
Jeg synes, det er alt for dyrt i forhold til, hvad man får.
Hjemmesiden er nem at bruge.
Jakken passer ikke, og jeg vil gerne have pengene tilbage.
Det gik rigtig stærkt, jeg bestilte i går og fik den i dag.
Aldrig igen, de lyver for kunderne.
Farven er ikke som på billedet.
Meget tilfreds med købet.
Der manglede to skruer i æsken.""",
    "no": """Varen kom raskt fram, og kvaliteten er veldig bra.
Jeg har ventet i tre uker og får ikke svar på e-post.
Kundeservice var veldig hjelpsom, takk for det.
Pakken var åpnet da den kom.
Jeg synes det er altfor dyrt i forhold til hva man får.
Nettsiden er enkel å bruke.
Jakka passer ikke, og jeg vil ha pengene tilbake.
Det gikk kjempefort, jeg bestilte i går og fikk den i dag.
Aldri mer, de lurer kundene sine.
Fargen er ikke som på bildet.
Veldig fornøyd med kjøpet.
Det manglet to skruer i esken.""",
    "et": """Kaup jõudis kiiresti kohale ja kvaliteet on väga hea.
Ootasin kolm nädalat ja keegi ei vasta kirjadele.
Klienditeenindus oli väga abivalmis, aitäh.
Pakk oli avatud, kui see kohale jõudis.
Värv ei ole selline nagu pildil.
Olen ostuga väga rahul.""",
    "is": """Varan kom fljótt og gæðin eru mjög góð.
Ég hef beðið í þrjár vikur og fæ engin svör.
Þjónustan var mjög hjálpleg, takk fyrir.
Liturinn er ekki eins og á myndinni.""",
    "nl": """De jas past niet en ik wil mijn geld terug.
Heel tevreden over de aankoop.
De kleur is niet zoals op de foto.
Nooit meer, ze liegen tegen hun klanten.""",
    "sk": """Tovar prišiel rýchlo a kvalita je veľmi dobrá.
Čakám už tri týždne a nikto neodpovedá.
Farba nie je ako na obrázku.""",
}
"""Comments in languages near to those it was taught, written for this test."""


def test_what_is_written_in_a_neighbour_of_a_known_language_is_hardly_ever_read() -> None:
    texts = [text for said in NEIGHBOURS.values() for text in said.splitlines()]
    read = [(text, one.language, one.sentiment) for text, one in zip(texts, Reader().read(texts), strict=True)]
    assert len([each for each in read if each[2] is not None]) <= 1, [each for each in read if each[2] is not None]


def test_two_or_three_words_of_a_language_it_was_not_taught_are_not_read() -> None:
    texts = "Alles gut;sehr gut;muy bien;no me gusta;très bien;c'est nul;va bene;non mi piace;zeer goed;meget god;ikke god;bardzo dobrze;muito bom"
    read = Reader().read(texts.split(";"))
    assert [one.sentiment for one in read] == [None] * len(read)


@pytest.mark.parametrize("language", NEIGHBOURS)
def test_a_neighbour_is_not_taken_for_a_known_language(language: str) -> None:
    found = [one.language for one in Reader().read(NEIGHBOURS[language].splitlines())]
    assert {"en", "sv", "hu"}.isdisjoint(found)
    assert found.count(language) * 3 >= len(found)


@pytest.mark.parametrize(
    "text",
    [
        "👍",
        "😡😡😡",
        "🙂 👍 ❤️",
        "10",
        "3/5",
        "12 345,00",
        "+46 70 123 45 67",
        "2026-11-30 14:05",
        "...",
        "?!",
        "SKU-4411-B",
    ],
)
def test_pictures_and_numbers_alone_are_in_no_language(text: str) -> None:
    read = Reader().read([text])[0]
    assert (read.language, read.sentiment, read.score) == (None, None, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "Toimitus oli nopea, kiitos. Доставка была быстрой, спасибо большое.",
        "配達が早くて助かりました。Lähetys tuli ajoissa, kaikki hyvin.",
        "Livraison rapide, merci beaucoup. Kuljettaja oli ystävällinen ja paketti ehjä.",
    ],
)
def test_a_mix_of_languages_it_was_not_taught_is_not_read(text: str) -> None:
    assert Reader().read([text])[0].sentiment is None


def test_a_mix_with_a_language_it_knows_is_read_as_that_one_at_most() -> None:
    read = Reader().read(["Great service and fast delivery, I love it! Kiitos kaikille."])[0]
    assert read.language in {"en", None}
    assert read.sentiment in {"positive", None}
