"""What customers write, understood offline and in any language (docs/text.md): pure, no I/O but loading the models in this package.

`characters` makes any text fit for reading; `languages` says which language it is in; `features` are what the models see of it, with no
language assumed. `cold_start` is the model that ships with Resa, `learned` the one of a business's own scores (`labels` says what a score
means, `fitting` chooses and fits, `quality` measures); `linear` is what both are. `reading` is the face: a language, a sentiment or "not yet", and
how sure. `phrases` finds what many comments say.
"""

from __future__ import annotations

from resa.feedback.text.languages import Detected, detect
from resa.feedback.text.learned import Learned, Model, TooFew
from resa.feedback.text.phrases import Phrase, key_phrases
from resa.feedback.text.quality import Quality
from resa.feedback.text.reading import Read, Reader

__all__ = ["Detected", "Learned", "Model", "Phrase", "Quality", "Read", "Reader", "TooFew", "detect", "key_phrases"]
