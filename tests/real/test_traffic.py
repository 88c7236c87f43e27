from quorate.real.traffic import Traffic


def test_add_sums_every_counter():
    total = Traffic(1, 2, 3, 4, 5)
    total.add(Traffic(10, 20, 30, 40, 50))
    assert total == Traffic(11, 22, 33, 44, 55)
