"""The bounded dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from gtm.chain.store import Store


def test_a_store_never_holds_more_than_twice_its_size():
    store = Store(100)
    for number in range(10_000):
        store.put(number, number)
        assert len(store) <= 200
    assert store.get(9_999) == 9_999
    assert store.get(9_799) is None


def test_what_is_used_stays_however_many_strangers_come():
    store = Store(100)
    store.put("regular", "here")
    for number in range(10_000):
        store.put(number, number)
        assert store.get("regular") == "here"


def test_what_is_found_in_the_old_generation_moves_to_the_young_one():
    store = Store(2)
    for key in "abc":
        store.put(key, key)
    assert "a" not in store.young
    assert store.get("a") == "a"
    assert store.young["a"] == "a"
    assert len(store) == 3


def test_replacing_an_entry_of_a_full_store_turns_nothing_over():
    store = Store(2)
    for key in "ab":
        store.put(key, key)
    store.put("a", "new")
    assert list(store.young) == ["a", "b"]
    assert store.get("a") == "new"


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from(["put", "get", "drop", "clear"]), st.integers(0, 8))))
def test_an_entry_is_the_one_put_last_or_gone_and_stands_once(size, steps):
    store, last = Store(size), {}
    for moment, (step, key) in enumerate(steps):
        if step == "put":
            store.put(key, moment)
            last[key] = moment
        elif step == "drop":
            store.drop(key)
            last.pop(key, None)
        elif step == "clear":
            store.clear()
            last.clear()
        found = store.get(key)
        assert found is None or found == last[key]
        assert step != "put" or found == moment
        assert sorted(store.values()) == sorted(set(store.values()))
        assert len(store) == len(list(store.values())) <= 2 * size
