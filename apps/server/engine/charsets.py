"""Reads text in an encoding older than UTF-8 that nothing in the text names.

Every language that a subtitle may be in is tried in the encodings that were used for it. What decodes is judged by how
well it reads as that language: by the frequency of its letters, and by where they stand in words. A few words are enough,
where libraries that guess from statistics of bytes want a page; and yt-dlp brings none of these.
"""

import codecs
import math
import re
import unicodedata
from typing import Dict, List, NamedTuple, Optional, Tuple

_SAMPLE_BYTES = 4096
_LEAST_PER_BYTE = -5.6
_MOST_FOREIGN_SHARE = 0.12
# Characters besides letters that a text of any language may have.
_MARKS = frozenset('«»“”„‘’‚…–—¿¡·•°ªº€£§©®№♪♫´ \u00a0\u00ad')
_CJK_MARKS = frozenset('、。，．！？「」『』（）《》〈〉【】…—～・ー：；“”‘’\u3000')
_MARK = math.log(0.02)
_NO_LETTER_OF_IT = math.log(0.0004)
_NO_LETTER = math.log(0.00005)
_CAPITAL = math.log(0.5)
_NEXT_CAPITAL = math.log(0.8)
_CAPITAL_INSIDE = math.log(0.004)
_OTHER_SCRIPT_BESIDE = math.log(0.01)
_NO_LATIN_BESIDE = math.log(0.25)
_TOLD_LANGUAGE = 5.0
_RARE_ENCODING = 3.0
_SECOND_OF_EAST_ASIA = 1.0


class _Language(NamedTuple):
    tags: str
    # The most frequent first. Latin alphabets: only the letters that ASCII lacks.
    letters: str
    # The most frequent first.
    encodings: str


_CYRILLIC = 'cp1251 koi8_u cp866 iso8859_5 mac_cyrillic'
_WESTERN = 'cp1252 mac_roman cp850'
_CENTRAL = 'cp1250 iso8859_2 cp852'
_LATIN = (
    _Language('fr', 'éèàêçùôâîûïœëæÿ', _WESTERN),
    _Language('es gl', 'óáíéñúü', _WESTERN),
    _Language('pt', 'ãçáéíóõêâúôà', _WESTERN),
    _Language('de', 'üäöß', _WESTERN),
    _Language('it ca', 'èàòùìéóíçïúü', _WESTERN),
    _Language('sv fi', 'äåöé', _WESTERN),
    _Language('et', 'äõöüšž', 'cp1252 cp1257'),
    _Language('da no nb nn', 'åøæéòó', _WESTERN),
    _Language('is fo', 'áðíéóöúþæýø', _WESTERN),
    _Language('nl en', 'éëïèöüáóñç', _WESTERN),
    _Language('pl', 'łęąśżóćńź', _CENTRAL),
    _Language('cs sk', 'íáěéýžřčšůúňóďťäľôĺŕ', _CENTRAL),
    _Language('hu', 'áéőöíóüúű', _CENTRAL),
    _Language('ro', 'ăîșţțâş', _CENTRAL),
    _Language('hr sl bs', 'čžšćđ', _CENTRAL),
    _Language('tr az', 'ıüşğçöİâîû', 'cp1254'),
    _Language('lt', 'ėšįųžūčąę', 'cp1257'),
    _Language('lv', 'āīēšūžņļģčķ', 'cp1257'),
)
_OTHERS = (
    _Language('ru', 'оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё', _CYRILLIC),
    _Language('uk be', 'оанивіетрслкдумпязьбгйчхшжцюєїфщґыэўё', _CYRILLIC),
    _Language('bg mk', 'аеиотнрсвлкдпмзъугбчйщцшхяжфюьќѓѕџљњј', _CYRILLIC),
    _Language('sr', 'аиоенрсјтудквпмзблгчшцжћђхњљџф', _CYRILLIC),
    _Language('el', 'αοιετσνηυρπκμλςωόάίέδγήθχφύώβξζψ', 'cp1253'),
    _Language('he yi iw', 'יוהלארתבשמנדקעחפכגטסזצםןךץף', 'cp1255'),
    _Language('ar', 'الينمرتوبدعسكقفهحةجصطخشضأذثىغزءئظإؤآ،؟', 'cp1256 iso8859_6'),
    _Language('fa ur', 'اینردمهتوسبشلکخگزقعفحجپچصطغضثژظذءئيك،؟', 'cp1256'),
    _Language('th', 'านรอก่เง้มยลีวดัทิสตะปบคหแจุพื็ช์ขใไโำูึผซถณศธภญฟฉฝฎฏฐฑฒฤฬฮฌ', 'cp874'),
)
_EAST_ASIAN = (
    _Language(
        'zh',
        '的我你是了不一在他有这个们那来说她人好上到大就要什么没会时都和也去可以吗知道看想对能子小过起家后天下把得还很'
        '给多真自己里吧现为生走让样事做如果年心中当见谁只回'
        '這個們來說沒會時嗎對過後還給現為讓樣當見誰從開發頭話點問幹麼',
        'gb18030 big5',
    ),
    _Language(
        'ja',
        'のいたてなはかしとにがんうっだらでもこまれるおすきをりよそあくどちさわつけじみやえせねめばろぶぎゃゅょほひふへぼゆずげごぜべびぽぱ'
        'ンスーッアルトイラリクドシジフコマテロレカサタナムメモバパオキチニネノハホヤユヨワエウ人何私日事君僕俺前見行言今',
        'cp932 euc_jp',
    ),
    _Language(
        'ko',
        '이다는을에가고아지하나도기그어로서니한사리자있라거너내요를게들은일마시오대해인만보무것우스면정안제여부야네까좋않없말잘왜그래럼저당신',
        'cp949',
    ),
)


def text_of(content: bytes, language: Optional[str] = None, stated: Optional[str] = None) -> Optional[str]:
    """None when nothing reads well. `language`: tag of the subtitle; `stated`: the encoding that its server names."""
    text = _marked(content)
    if text is None:
        text = _as_stated(content, stated)
    return text if text is not None else _guessed(content, (language or '').lower().replace('_', '-').split('-')[0])


def _marked(content: bytes) -> Optional[str]:
    """The text when it names its encoding, or when only one encoding is possible."""
    for mark, encoding in (
        (codecs.BOM_UTF8, 'utf-8-sig'),
        (codecs.BOM_UTF32_LE, 'utf-32'),
        (codecs.BOM_UTF32_BE, 'utf-32'),
        (codecs.BOM_UTF16_LE, 'utf-16'),
        (codecs.BOM_UTF16_BE, 'utf-16'),
    ):
        if content.startswith(mark):
            # The end may be cut off in the middle of a character.
            return content.decode(encoding, 'replace')
    if b'\0' in content:
        # Digits, blanks and line ends are half zeros in each language.
        is_little = content[1::2].count(0) > content[::2].count(0)
        encodings = ('utf-32-le', 'utf-32-be', 'utf-16-le' if is_little else 'utf-16-be')
        return next(filter(None, (_decoded(content, encoding) for encoding in encodings)), None)
    text = _decoded(content, 'utf-8')
    if text is not None:
        # Japanese in seven bits (ISO-2022-JP).
        return (_decoded(content, 'iso2022_jp_2') or text) if b'\x1b$' in content else text
    # UTF-8 with some broken bytes: text in another encoding rarely contains valid sequences by chance.
    loose = content.decode('utf-8', 'replace')
    broken = loose.count('\ufffd')
    whole = sum(character > '\x7f' for character in loose) - broken
    return loose if broken * 2 < whole else None


def _as_stated(content: bytes, stated: Optional[str]) -> Optional[str]:
    try:
        name = codecs.lookup(stated or '').name
    except LookupError:
        return None
    # Servers state these encodings for everything.
    return None if name in ('utf-8', 'ascii', 'iso8859-1', 'cp1252') else _decoded(content, name)


def _decoded(content: bytes, encoding: str) -> Optional[str]:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(content: bytes, language: str) -> Optional[str]:
    sample = _telling_lines(content)
    foreign = _foreign_bytes(sample)
    best: Tuple[float, str] = (-math.inf, '')
    for judged in (*_LATIN, *_OTHERS, *_EAST_ASIAN):
        for place, encoding in enumerate(judged.encodings.split()):
            text = _decoded(sample, encoding)
            if text is None:
                continue
            is_told = language in judged.tags.split()
            rarity = min(place, 1) * (_SECOND_OF_EAST_ASIA if judged in _EAST_ASIAN else _RARE_ENCODING)
            score = _score(text, judged) + (_TOLD_LANGUAGE if is_told else 0) - rarity
            best = max(best, (score, encoding))
    score, encoding = best
    if score < _LEAST_PER_BYTE * foreign:
        # An otherwise plain text with a few special characters.
        encoding = 'cp1252' if _foreign_bytes(content) < _MOST_FOREIGN_SHARE * len(content) else ''
    return _decoded(content, encoding) if encoding else None


def _telling_lines(content: bytes) -> bytes:
    # Whole lines: a character may have several bytes, and none of them is a line end.
    lines = [line for line in content.splitlines(keepends=True) if not line.isascii()]
    sample = b''
    for line in lines:
        if len(sample) + len(line) > _SAMPLE_BYTES:
            break
        sample += line
    return sample or content


def _foreign_bytes(content: bytes) -> int:
    return len(content.translate(None, bytes(range(0x80))))


def _score(text: str, language: _Language) -> float:
    """Logarithm of the likelihood of this text in this language, without the factor that all languages share."""
    weights = _weights(language.letters)
    is_latin, is_cjk = language in _LATIN, language in _EAST_ASIAN
    score = 0.0
    for word in re.findall(r'[^\x00-\x40\x5b-\x60\x7b-\x7f]+', text):
        before = ''
        for place, letter in enumerate(word):
            if letter > '\x7f':
                after = word[place + 1 : place + 2]
                score += _of_letter(letter, before, after, weights, is_latin, is_cjk)
            before = letter
    return score


def _of_letter(
    letter: str, before: str, after: str, weights: Dict[str, float], is_latin: bool, is_cjk: bool
) -> float:
    lower = letter.lower()
    if letter in _MARKS or (is_cjk and letter in _CJK_MARKS):
        # Not within a word: another encoding has a letter there.
        return _MARK + (_OTHER_SCRIPT_BESIDE if before.isalpha() and after.isalpha() and letter not in '’´·\u00ad' else 0)
    score = weights.get(letter, weights.get(lower))
    if score is None:
        if is_cjk:
            return _of_character(letter)
        return _NO_LETTER_OF_IT if letter.isalpha() else _NO_LETTER
    if is_cjk:
        return score
    if letter != lower:
        score += _CAPITAL_INSIDE if before.islower() else _NEXT_CAPITAL if before.isupper() else _CAPITAL
    neighbours = before + after
    if is_latin:
        # Words of a Latin alphabet have more plain letters than others.
        return score if any(near.isascii() for near in neighbours) else score + _NO_LATIN_BESIDE
    return score + sum(_OTHER_SCRIPT_BESIDE for near in neighbours if near.isascii())


def _of_character(letter: str) -> float:
    """For scripts with too many letters to list: how common the kind of this letter is."""
    if '\uac00' <= letter <= '\ud7a3':
        return math.log(1 / 2500)
    if '\u3040' <= letter <= '\u30ff':
        return math.log(1 / 400)
    if '\u4e00' <= letter <= '\u9fff':
        return math.log(1 / (5000 if _is_common(letter) else 100_000))
    return _NO_LETTER * 2 if unicodedata.category(letter) != 'Po' else _NO_LETTER


def _is_common(letter: str) -> bool:
    """By the first level of the standards, which contains the common characters."""
    for encoding, first, last in (('gb2312', 0xB0, 0xD7), ('big5', 0xA4, 0xC6)):
        try:
            return first <= letter.encode(encoding)[0] <= last
        except UnicodeEncodeError:
            continue
    return False


_known_weights: Dict[str, Dict[str, float]] = {}


def _weights(letters: str) -> Dict[str, float]:
    weights = _known_weights.get(letters)
    if weights is None:
        unique: List[str] = list(dict.fromkeys(letters))
        total = sum(_share(rank) for rank in range(len(unique)))
        weights = {letter: math.log(_share(rank) / total) for rank, letter in enumerate(unique)}
        _known_weights[letters] = weights
    return weights


def _share(rank: int) -> float:
    return 1 / (rank + 4)
