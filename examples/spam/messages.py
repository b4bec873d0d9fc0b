#!/usr/bin/env python3
"""Makes a stream of messages whose spam changes its strategy, as CSV: received, links, text, spam.

    messages.py > messages.csv                         12 weeks, 120 messages a day, seed 1
    messages.py --weeks 8 --per-day 40 --seed 7

The same arguments give the same bytes: every choice is one number of one generator (random.Random(seed).random()).

Two in five messages are spam.  Ordinary messages speak of one of four topics.  Spam has three strategies, each written by a
template of its own; a new one takes over from the one before within about four days:

    weeks 1 to 4     blunt      winners, pills and loans, in capitals, with links
    weeks 5 to 8     disguised  the same words misspelt (fr33, w1nner), padded with words of ordinary messages
    weeks 9 to 12    phishing   parcels, accounts and invoices that look like ordinary messages

With fewer weeks than 12 the strategies change earlier, in the same thirds.  One spam message in twenty is an old strategy's, and
one ordinary message in fifty reads like an advertisement."""
import argparse
import datetime
import math
import random
import sys

GLUE = "the and to of in is for on you we that with this be are have from at as it will not our your can if please so all was".split()
TOPICS = {
    "work": "meeting report deadline project team review draft slides budget quarter client contract agenda minutes schedule "
            "feedback release plan office colleague training proposal figures summary invoice order".split(),
    "family": "dinner weekend kids school birthday mum dad holiday photos garden cousin cake visit train tickets football "
              "recipe movie walk dog neighbour party present".split(),
    "shop": "order delivery parcel invoice receipt refund size colour return customer service address shipped tracking number "
            "item warranty basket account".split(),
    "club": "training match season members newsletter coach tournament registration fee hall volunteers committee minutes "
            "schedule concert choir rehearsal tickets".split(),
}
BLUNT = "winner prize free cash lottery pills cheap loan credit casino bonus million dollars guaranteed miracle weight offer " \
        "click urgent limited act now discount viagra rich".split()
DISGUISE = str.maketrans({"i": "1", "e": "3", "a": "4", "o": "0", "s": "5"})
PHISHING = "parcel held customs account suspended verify password confirm identity invoice overdue payment failed security " \
           "update details login bank card expires refund pending unusual activity address delivery".split()
SPAM_SHARE = 0.4


class Writer:
    def __init__(self, seed):
        self.unit = random.Random(seed).random

    def pick(self, words):
        return words[int(self.unit() * len(words))]

    def some(self, low, high):
        return low + int(self.unit() * (high - low + 1))

    def mix(self, parts, count):
        """count words, each from one of [(share, words)...]."""
        words = []
        for _ in range(count):
            at = self.unit()
            for share, of in parts:
                if at < share:
                    words.append(self.pick(of))
                    break
                at -= share
            else:
                words.append(self.pick(GLUE))
        return words

    def ordinary(self):
        topic = TOPICS[self.pick(sorted(TOPICS))]
        words = self.mix([(0.4, topic)], self.some(8, 30))
        if self.unit() < 0.02:
            words += self.mix([(0.7, BLUNT)], 4)
        return words, self.some(0, 1)

    def blunt(self):
        words = self.mix([(0.55, BLUNT)], self.some(6, 20))
        return [w.upper() if self.unit() < 0.3 else w for w in words], self.some(1, 4)

    def disguised(self):
        everyday = TOPICS[self.pick(sorted(TOPICS))]
        words = self.mix([(0.3, BLUNT)], self.some(6, 18))
        words = [w.translate(DISGUISE) if w in BLUNT else w for w in words]
        return words + self.mix([(0.45, everyday)], self.some(6, 16)), self.some(0, 2)

    def phishing(self):
        words = self.mix([(0.3, PHISHING), (0.15, TOPICS["shop"])], self.some(10, 26))
        return words, self.some(0, 1)


def strategy(writer, position):
    """position: 0 to 3 over the whole time.  The next strategy's share rises by a logistic curve about each third's end."""
    if writer.unit() < 0.05:
        position *= writer.unit()
    stage = 0
    for change in (1, 2):
        if writer.unit() < 1 / (1 + math.exp(-(position - change) * 28)):
            stage = change
    return (writer.blunt, writer.disguised, writer.phishing)[stage]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--per-day", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", default="2024-01-01", help="a Monday")
    args = parser.parse_args()
    writer = Writer(args.seed)
    start = datetime.datetime.fromisoformat(args.start)
    days, out = args.weeks * 7, sys.stdout
    out.write("received,links,text,spam\n")
    for day in range(days):
        for n in range(args.per_day):
            at = start + datetime.timedelta(days=day, seconds=int(86400 * (n + writer.unit()) / args.per_day))
            spam = writer.unit() < SPAM_SHARE
            words, links = (strategy(writer, 3 * day / days) if spam else writer.ordinary)()
            out.write("%s,%d,%s,%d\n" % (at.isoformat(sep=" "), links, " ".join(words), spam))


if __name__ == "__main__":
    main()
