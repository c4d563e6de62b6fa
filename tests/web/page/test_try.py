from tests.web.page.browser import Browser


def test_try(browser: Browser) -> None:
    browser.open()
    browser.find("h2", "stepping")
    browser.driver.save_screenshot("/tmp/b/E/real.png")
    browser.find("li.script button").click()
    import time

    time.sleep(2)
    browser.driver.save_screenshot("/tmp/b/E/real2.png")
    print(browser.barriers(), browser.place)
