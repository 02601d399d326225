"""Did it help? Who is held out, what a campaign can show, and what it has shown. Pure functions.

Definitions: PRODUCT §1 "Uplift". The unit is the customer; everyone is analysed in the arm he was
randomised to. Rates and effects are shares (0.02 is 2 points), percents of a holdout whole numbers.
"""

from .arms import Arm, Interval
from .drawing import drawn_at_entry, hold_out, is_held_out_on_entry, start_of
from .foreseeing import Prospect, detectable_effect, foresee, people_needed
from .integrity import Counts, Fault, find_faults
from .judging import Judgement, Plan, Verdict, is_early, judge, uplift, wilson
from .money import MIN_HELD_OUT_BUYERS, Moments, incremental_money, return_on_investment
from .ranking import Pair, Ranking, holm, rank

__all__ = [
    "MIN_HELD_OUT_BUYERS",
    "Arm",
    "Counts",
    "Fault",
    "Interval",
    "Judgement",
    "Moments",
    "Pair",
    "Plan",
    "Prospect",
    "Ranking",
    "Verdict",
    "detectable_effect",
    "drawn_at_entry",
    "find_faults",
    "foresee",
    "hold_out",
    "holm",
    "incremental_money",
    "is_early",
    "is_held_out_on_entry",
    "judge",
    "people_needed",
    "rank",
    "return_on_investment",
    "start_of",
    "uplift",
    "wilson",
]
