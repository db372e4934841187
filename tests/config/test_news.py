"""What is said once a minute."""

from config.news import News


def test_each_topic_is_news_once_a_minute() -> None:
    now = 0.0
    news = News(lambda: now)
    assert news.is_news("disk")
    assert not news.is_news("disk")
    assert news.is_news("redis")
    now = 59.9
    assert not news.is_news("disk")
    now = 60.0
    assert news.is_news("disk")
