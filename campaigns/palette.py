"""The colours of mails: five looks, each for light and dark readers."""

from dataclasses import dataclass

from django.utils.safestring import mark_safe

FONT = "'Hiragino Sans','Hiragino Kaku Gothic ProN','Yu Gothic',YuGothic,Meiryo,'Noto Sans JP',Helvetica,sans-serif"
INK, QUIET, LINE = "#1b2430", "#5b6675", "#dfe4ea"
COLOURS = {"ink": INK, "quiet": QUIET, "line": LINE, "font": mark_safe(FONT)}  # noqa: S308  ours


@dataclass(frozen=True)
class Palette:
    """`link`, `accent` and `button` stand on white and on `soft`; the `dark_` ones on the dark paper."""

    accent: str
    badge_ink: str
    link: str
    button: str
    button_ink: str
    soft: str
    band: str
    band_ink: str
    band_lead: str
    eyebrow: str
    dark_link: str
    dark_button: str
    dark_button_ink: str
    dark_soft: str


PALETTES = {
    "sea": Palette(
        accent="#0b6e69",
        badge_ink="#ffffff",
        link="#0b6e69",
        button="#0b6e69",
        button_ink="#ffffff",
        soft="#eef6f5",
        band="#0b4f4b",
        band_ink="#ffffff",
        band_lead="#d3ebe8",
        eyebrow="#8fe0d5",
        dark_link="#5fd8ca",
        dark_button="#2bb3a5",
        dark_button_ink="#05201e",
        dark_soft="#162f32",
    ),
    "navy": Palette(
        accent="#1f4f94",
        badge_ink="#ffffff",
        link="#1f4f94",
        button="#1f4f94",
        button_ink="#ffffff",
        soft="#eff4fb",
        band="#15305a",
        band_ink="#ffffff",
        band_lead="#d2e0f5",
        eyebrow="#a6c8fa",
        dark_link="#9cc3fb",
        dark_button="#8ab6f6",
        dark_button_ink="#0b1c36",
        dark_soft="#1a2a42",
    ),
    "wine": Palette(
        accent="#9b1f45",
        badge_ink="#ffffff",
        link="#9b1f45",
        button="#9b1f45",
        button_ink="#ffffff",
        soft="#fbf0f3",
        band="#5e1230",
        band_ink="#ffffff",
        band_lead="#f3d5de",
        eyebrow="#f6b3c6",
        dark_link="#f7a3ba",
        dark_button="#f08fab",
        dark_button_ink="#3a0a1c",
        dark_soft="#38202a",
    ),
    "amber": Palette(
        accent="#b2560c",
        badge_ink="#ffffff",
        link="#97470a",
        button="#b2560c",
        button_ink="#ffffff",
        soft="#fdf4ea",
        band="#7b3a07",
        band_ink="#ffffff",
        band_lead="#f9e2cb",
        eyebrow="#fcd6a3",
        dark_link="#f8bd7f",
        dark_button="#f2a95c",
        dark_button_ink="#331803",
        dark_soft="#362718",
    ),
    "night": Palette(
        accent="#a98a3d",
        badge_ink="#17171c",
        link="#6e5617",
        button="#17171c",
        button_ink="#f0d999",
        soft="#f8f5ec",
        band="#17171c",
        band_ink="#f8f2e2",
        band_lead="#d9d2c1",
        eyebrow="#d9b75f",
        dark_link="#e3c577",
        dark_button="#d9b75f",
        dark_button_ink="#17171c",
        dark_soft="#2a2720",
    ),
}


def rules_of(look: Palette) -> str:
    """What stays in <style>: the gutters of narrow screens, and the dark theme of readers that know one."""
    return (
        "@media only screen and (max-width:479px){"
        ".gut>table>tbody>tr>td{padding-left:20px !important;padding-right:20px !important}"
        ".gut-thin>table>tbody>tr>td{padding-left:12px !important;padding-right:12px !important}"
        ".gut h1{font-size:23px !important}}"
        "@media (prefers-color-scheme:dark){"
        "body,.ground{background-color:#0e131b !important}"
        ".paper,.paper>table{background:#19212d !important;background-color:#19212d !important}"
        ".ink div,.title{color:#e8edf4 !important}"
        ".quiet,.quiet div{color:#a7b3c4 !important}.quiet a{color:#c3cede !important}"
        f".ink a,.go a,.box p a,.brand,.brand div{{color:{look.dark_link} !important}}"
        f".box{{background:{look.dark_soft} !important;background-color:{look.dark_soft} !important}}"
        ".code{background:#0e131b !important;background-color:#0e131b !important;color:#ffffff !important}"
        f".press{{background:{look.dark_button} !important;background-color:{look.dark_button} !important}}"
        f".press-words{{color:{look.dark_button_ink} !important}}"
        ".rule p,.rule-top{border-top-color:#344154 !important}"
        "}"
    )
