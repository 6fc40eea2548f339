"""Mails that are there from the start: used by their key until somebody saves a template of that key."""

from __future__ import annotations

from typing import Final

from resa.channels.email.definition import Template, TemplateVersion

_MESSAGE: Final = """<mj-section>
  <mj-column>
    {% if heading %}<mj-text font-size="22px" font-weight="700" font-family="{{ brand.font_heading }}">{{ heading }}</mj-text>{% endif %}
    {% for paragraph in paragraphs %}<mj-text>{{ paragraph }}</mj-text>{% endfor %}
    {% if button_url %}<mj-button href="{{ button_url }}" align="left">{{ button_label }}</mj-button>{% endif %}
  </mj-column>
</mj-section>"""

_SURVEY: Final = """<mj-section>
  <mj-column>
    {% if intro %}<mj-text>{{ intro }}</mj-text>{% endif %}
    <mj-text font-size="20px" font-weight="700" font-family="{{ brand.font_heading }}">{{ question }}</mj-text>
    {{ links | buttons: brand, question }}
    {% if low or high %}<mj-table font-size="14px" color="{{ brand.muted }}" padding="0 25px 10px">
      <tr><td align="left">{{ low }}</td><td align="right">{{ high }}</td></tr>
    </mj-table>{% endif %}
    {% if page_url %}<mj-text font-size="14px">
      <a href="{{ page_url }}">{{ page_label | default: "{instead}" }}</a></mj-text>{% endif %}
  </mj-column>
</mj-section>"""

_SCALE: Final = [{"label": str(n), "url": f"https://shop.example/s/abc?answer={n}"} for n in range(11)]

MESSAGE: Final = Template(
    name="A message",
    description="A heading, paragraphs, a button: values subject, heading, paragraphs, button_label, button_url.",
    versions=[TemplateVersion(language=each, subject="{{ subject }}", body=_MESSAGE) for each in ("en", "sv")],
    example={
        "subject": "Your order is on its way",
        "heading": "Thank you, Ada",
        "paragraphs": ["Your parcel left us this morning.", "It should be with you on Thursday."],
        "button_label": "Follow the parcel",
        "button_url": "https://shop.example/parcels/1",
    },
)

SURVEY: Final = Template(
    name="A survey's first question",
    description="The first question, answered by pressing: values subject, intro, question, links (each label and "
    "url), low, high, page_url, page_label.",
    versions=[
        TemplateVersion(language=language, subject="{{ subject }}", body=_SURVEY.replace("{instead}", instead))
        for language, instead in (("en", "Answer on a page instead"), ("sv", "Svara på en sida i stället"))
    ],
    example={
        "subject": "How did we do?",
        "intro": "You bought from us last week. One question, one press:",
        "question": "How likely are you to recommend us to a friend?",
        "links": _SCALE,
        "low": "Not at all",
        "high": "Very likely",
        "page_url": "https://shop.example/s/abc",
    },
)

STARTERS: Final = {"message": MESSAGE, "survey": SURVEY}
"""By key."""
