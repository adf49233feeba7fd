"""Tells the host's cache of players what a job might tell it; prints one JSON object with what came out."""

import json
import os
import sys

sys.path.insert(0, sys.argv[1])

import player_cache  # noqa: E402
from request import Request  # noqa: E402

now = [1000.0]
URL = 'player:https://www.youtube.com/s/player/0a1b2c3d/player_ias.vflset/en_US/base.js'


def fresh():
    return player_cache.PlayerCache(lambda: now[0])


def taken(*message):
    return fresh().take(json.dumps(message).encode())


def player(number):
    return URL.replace('0a1b2c3d', f'{number:08x}')


def may_tell(url, *options, program='yt-dlp'):
    line = {'nonce': '0' * 24, 'program': program, 'argv': [*options, '--', url], 'folder': '/'}
    return player_cache.may_tell(Request(json.dumps(line).encode()))


first_stays = fresh()
answers = [first_stays.take(json.dumps(['challenge-solver', URL, text]).encode()) for text in ('first', 'second')]
kept = [first_stays.get('challenge-solver', URL)]
now[0] += 7 * 3600
kept.append(first_stays.get('challenge-solver', URL))

bounded = fresh()
for number in range(50):
    bounded.take(json.dumps(['challenge-solver', player(number), 'x']).encode())
    for length in range(5):
        bounded.take(json.dumps(['youtube-sigfuncs', f'{number:08x}-main-{length + 1}', [0]]).encode())

flood = player_cache.Hearing(fresh())
os.close(flood.reader)
flood.reader, writer = os.pipe()
flood._told = player_cache._MAX_TOLD_BYTES
os.write(writer, b'x')

VIDEO = 'https://www.youtube.com/watch?v=protected01'
print(
    json.dumps(
        {
            'taken': [
                taken('challenge-solver', URL, 'a player'),
                taken('youtube-sigfuncs', '0a1b2c3d-main-3', [2, 1, 0]),
                taken('youtube-sts', '0a1b2c3d-main', 20500),
            ],
            'refused': [
                taken('challenge-solver', URL.replace('www.youtube.com', 'evil.example'), 'x'),
                taken('challenge-solver', URL + '?', 'x'),
                taken('challenge-solver', 'lib', 'x'),
                taken('challenge-solver', URL, {'code': 'x'}),
                taken('challenge-solver', URL, 'x' * (player_cache._MAX_PLAYER_CHARACTERS + 1)),
                taken('youtube-sigfuncs', '0a1b2c3d-main-3', [-1]),
                taken('youtube-sigfuncs', '0a1b2c3d-main-3', 'x'),
                taken('youtube-sts', '0a1b2c3d-main', True),
                taken('another', 'key', 'x'),
                taken('challenge-solver', URL),
                fresh().take(b'[' * 100_000),
            ],
            'answers': answers,
            'kept': kept,
            'players': len([entry for entry in bounded._entries if entry[0] == 'challenge-solver']),
            'entries': len(bounded._entries),
            'newest': bounded.get('challenge-solver', player(49)),
            'hearsFlood': flood.hear(),
            'mayTell': [
                may_tell(VIDEO),
                may_tell('https://youtu.be/protected01?t=3'),
                may_tell('https://m.youtube.com/watch?list=PLx&v=protected01'),
                may_tell('https://www.youtube.com/shorts/protected01'),
            ],
            'mayNot': [
                may_tell(VIDEO, '--no-check-certificates'),
                may_tell(VIDEO, program='ffmpeg'),
                may_tell(VIDEO.replace('https', 'http')),
                may_tell('https://www.youtube.com/redirect?q=https://evil.example/watch?v=protected01'),
                may_tell('https://www.youtube.com@evil.example/watch?v=protected01'),
                may_tell('https://www.youtube.com.evil.example/watch?v=protected01'),
                may_tell('https://evil.example/https://www.youtube.com/watch?v=protected01'),
            ],
        }
    )
)
