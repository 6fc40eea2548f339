"""Languages are told in any script, and where they can't be told that is said."""

from __future__ import annotations

import pytest

from resa.feedback.text import detect, languages

SPOKEN = {
    "en": "The delivery was two days late and nobody answered the phone.",
    "sv": "Leveransen kom två dagar för sent och ingen svarade i telefonen.",
    "hu": "A csomag két nappal később érkezett, és senki nem vette fel a telefont.",
    "de": "Die Lieferung kam zwei Tage zu spät und niemand ging ans Telefon.",
    "fr": "La livraison avait deux jours de retard et personne ne répondait au téléphone.",
    "es": "El pedido llegó con dos días de retraso y nadie contestaba al teléfono.",
    "it": "La consegna è arrivata con due giorni di ritardo e nessuno rispondeva al telefono.",
    "pt": "A entrega chegou com dois dias de atraso e ninguém atendeu o telefone.",
    "nl": "De levering was twee dagen te laat en niemand nam de telefoon op.",
    "fi": "Toimitus myöhästyi kaksi päivää eikä kukaan vastannut puhelimeen.",
    "pl": "Przesyłka przyszła dwa dni za późno i nikt nie odbierał telefonu.",
    "cs": "Zásilka přišla o dva dny později a nikdo nezvedal telefon.",
    "tr": "Teslimat iki gün gecikti ve kimse telefona cevap vermedi.",
    "vi": "Hàng giao trễ hai ngày và không ai nghe điện thoại.",
    "ru": "Доставка опоздала на два дня, и никто не отвечал на звонки.",
    "uk": "Доставка запізнилася на два дні, і ніхто не відповідав на дзвінки.",
    "el": "Η παράδοση άργησε δύο μέρες και κανείς δεν απαντούσε στο τηλέφωνο.",
    "ar": "تأخر التوصيل يومين ولم يرد أحد على الهاتف.",
    "he": "המשלוח איחר ביומיים ואף אחד לא ענה לטלפון.",
    "hi": "डिलीवरी दो दिन देर से आई और किसी ने फोन नहीं उठाया।",
    "th": "การจัดส่งล่าช้าสองวันและไม่มีใครรับโทรศัพท์",
    "ja": "配達が二日遅れ、誰も電話に出ませんでした。",
    "zh": "快递晚到了两天，没有人接电话。",
    "ko": "배송이 이틀 늦었고 아무도 전화를 받지 않았습니다.",
    "ka": "მიწოდება ორი დღით დაგვიანდა და არავინ უპასუხა ტელეფონს.",
    "km": "ការដឹកជញ្ជូនយឺតពីរថ្ងៃ ហើយគ្មានអ្នកណាទទួលទូរស័ព្ទទេ។",
}


@pytest.mark.parametrize("language", SPOKEN)
def test_a_sentence_is_recognised(language: str) -> None:
    found = detect(SPOKEN[language])
    assert found.language == language
    assert found.probability > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "12345",
        "👍👍👍",
        "!!!",
        "https://shop.test/orders/12?page=3",
        "asdf qwer zxcv",
        "xkq wvz pqj",
        "ok",
        "a",
    ],
)
def test_what_is_in_no_language_is_not_guessed(text: str) -> None:
    assert detect(text).language is None


def test_a_mix_of_scripts_is_no_more_sure_than_the_share_of_the_biggest() -> None:
    half = "The delivery was late. Доставка была поздно вчера."
    assert detect(half).probability < 0.75


def test_a_declared_language_is_a_hint_and_no_order() -> None:
    names, found = languages.posteriors(["Bra!", SPOKEN["fi"]])
    hinted = languages.hinted(names, found, ["sv-SE", "sv"])
    swedish = names.index("sv")
    assert hinted[0, swedish] > found[0, swedish]
    assert languages.named(names, hinted[1]).language == "fi"


def test_many_at_once_are_read_as_one_by_one() -> None:
    texts = list(SPOKEN.values()) * 4
    assert languages.detect_all(texts) == pytest.approx([detect(text) for text in texts])
