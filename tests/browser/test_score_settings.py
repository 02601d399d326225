"""The painted grid in a browser: a brush paints by stroke; without one each cell is a list, by keyboard too."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def middle(page, cell: str) -> tuple[float, float]:
    box = page.locator(f"#id_cell_{cell}").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_cells_are_painted_by_stroke_and_chosen_by_keyboard(admin_page):
    admin_page.goto("/scores/settings/")
    admin_page.locator("input[name=brush][value=champions]").check(force=True)
    admin_page.locator("#id_cell_5_2").scroll_into_view_if_needed()
    admin_page.mouse.move(*middle(admin_page, "5_2"))
    admin_page.mouse.down()
    admin_page.mouse.move(*middle(admin_page, "5_3"), steps=4)
    admin_page.mouse.up()
    assert [admin_page.input_value(f"#id_cell_5_{f}") for f in (1, 2, 3)] == ["new_customers", "champions", "champions"]
    admin_page.locator("#id_cell_1_1").focus()
    admin_page.keyboard.press("ArrowUp")  # from Hibernating to the one above it in the list
    admin_page.locator(".form-foot button").click()
    assert admin_page.input_value("#id_cell_1_1") == "cant_lose_them"
    assert admin_page.input_value("#id_cell_5_3") == "champions"
    assert admin_page.locator("button[value=save]").is_visible()
