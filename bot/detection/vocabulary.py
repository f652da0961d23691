"""List the words that distinguish a code from a look-alike.

English, Vietnamese and Indonesian words are compared with the last part of a name: ``orderNo``, ``order_no`` and
``order no`` end in ``no``. Chinese words are compared with the end of the run of characters before the number, so 单号
covers 订单号 too.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.detection.result import LookAlikeReason


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _tuple(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


@dataclass(frozen=True, slots=True)
class KeyRule:
    """Words before a number that name it something other than an error code."""

    reason: LookAlikeReason
    english: frozenset[str]  # also as the end of a longer name
    alone: frozenset[str] = frozenset()  # only as the whole name: `room: 6000121`, not `joinRoom: 6000121`
    assigned: frozenset[str] = frozenset()  # only with `=` or `:`, or as the end of a longer name
    adjacent: frozenset[str] = frozenset()  # only without a sign between: `call 6000121`, not `call: 6000121`
    chinese: tuple[str, ...] = ()
    chinese_assigned: tuple[str, ...] = ()  # only with `=`, `:` or a verb between


KEYS = (
    KeyRule(
        LookAlikeReason.PHONE,
        _words(
            "callto cellphone dial ext fax hotline hp mobile nomor phone phones sms tel telephone telepon telp whatsapp"
        ),
        alone=_words("cell contact extension sdt sđt thoại"),
        adjacent=_words("call"),
        chinese=_tuple("传真 分机 座机 手机 手机号 手机号码 拨打 热线 电话 电话号码 联系方式 致电"),
    ),
    KeyRule(
        LookAlikeReason.TICKET,
        _words(
            "booking changeset checkout commit contract incident invoice jira merge mr order orders parcel pesanan po "
            "pr pull quotation reservation shipment ticket tickets tiket tracking waybill zendesk"
        ),
        alone=_words("hàng payment transaction trx txn đơn"),
        adjacent=_words("bug fixup issue pick request revert squash"),
        chinese=_tuple("任务号 单号 单子 发票 发票号 合同 合同号 工单 快递 提单 案件 流水 流水号 缺陷 订单 运单 需求"),
    ),
    KeyRule(
        LookAlikeReason.IDENTIFIER,
        _words(
            "accountid acct appid badge batch bid callee callees caller callers callid cid clientid conversationid "
            "deviceid ean employee employeeid fd fid fromuser gid groupid guid hash id ids idx imei inode invitee "
            "inviteelist invitees inviter isbn job localuser login_name mac md5 memberid memberlist messageid mid "
            "msgid nickname nonce nr num number nums oid openid orderid participant participants passport passwd "
            "password peeruser pid pk plate ppid pwd receiver receivers recipient recipients ref reference refs "
            "remoteuser requestid rid roomid secret sender senders seq seqno sequence serial session sessionid sha "
            "sid sku sn staff student targetuser task taskid tid tokenid touser trace traceid uid uids unionid upc "
            "userid userlist username uuid vid vin xid"
        ),
        alone=_words(
            "account akun anh application article block bus channel chị claim client conference conversation customer "
            "device driver flight friend friends gate group groups grup guest host item khách locker meeting member "
            "members merchant no node peer peers pengguna player post process product qq record room rooms ruangan "
            "sensor shop store target thread token train user users vendor wechat worker"
        ),
        assigned=_words("admin from owner to"),
        chinese=_tuple(
            "主叫 主播 主键 会员 号 号码 员工 商品 学员 学生 客户 家长 对方 帐户 店铺 微信 房 房间 批次 昵称 标识 "
            "楼栋 玩家 用户 用户名 直播间 科目 线程 编码 群 群组 群聊 航班 被叫 账户 身份证 车牌 进程 门店 频道"
        ),
    ),
    KeyRule(
        LookAlikeReason.AMOUNT,
        _words(
            "allocated amount amounts approx approximately avg balance bandwidth bitrate budget bytes capacity cents "
            "cnt coins cost costs count counter counts diamonds downloaded expense exported fee fees followers fps "
            "freed gold gwei harga heap height imported income inserted inventory jumlah len length likes loss mean "
            "median paid payout population price prices processed pts qty quantity quota revenue roughly rows rss "
            "salaries salary samples scores size sizes sold stock subscribers sum total totals uploaded used views "
            "volume wages wei width xp"
        ),
        alone=_words(
            "altitude distance earned free freq frequency gas level mem memory random rank score seed sleep spent "
            "supply tiền weight"
        ),
        assigned=_words("limit max min threshold"),
        chinese=_tuple(
            "个数 人口 人数 付款 价格 余额 充值 共 共计 卖了 占用 合计 售价 增长到 大小 大概 奖金 存款 将近 工资 库存 "
            "得分 总价 总数 总计 总额 打赏 接近 提现 播放量 支付 支出 收入 收款 数量 条数 欠款 次数 流量 浏览量 涨到 "
            "点击量 点赞 积分 粉丝 累计 约 花了 营收 行数 货款 贷款 费用 超过 转账 达到 金币 金额 销售额 销量 长度 "
            "阅读量 预算 高达"
        ),
    ),
    KeyRule(
        LookAlikeReason.TIME,
        _words(
            "atime ctime deadline delay duration elapsed epoch expires expiresin expiry interval latency millis ms "
            "mtime nanos ping rtt seek settimeout timestamp took ts ttl uptime usleep"
        ),
        assigned=_words("after age at before created date end expire maxage start time updated"),
        chinese=_tuple("历时 延迟 时长 时间戳 用时 耗时 间隔"),
        chinese_assigned=_tuple("时间"),
    ),
    KeyRule(
        LookAlikeReason.POSITION,
        _words(
            "build buildnumber chapter col column coord coordinates hwm index lat latitude line lineno lng lon "
            "longitude lsn offset page paragraph port ports rev revision ver version versioncode watermark"
        ),
        alone=_words(
            "byte char character checkpoint cursor frame iter iteration ledger pos position row rownum slot step x y z"
        ),
        assigned=_words("committed current h i j k lag n p pos position t w"),
        chinese=_tuple("偏移 偏移量 坐标 版本 版本号 端口 端口号 第 纬度 经度 门牌 页码"),
    ),
)

# Words before "code" that make it a code of another kind.
OTHER_CODES = _words(
    "access account activation airport area asset auth authentication backup bank bar booking branch bsb build bưu "
    "cheat city class color colour confirmation cost country coupon course cpt currency customer department dial "
    "dialing discount diskon district door employee enrollment flight fund game geo gift gl hash hs icd ifsc "
    "invitation invite item kelurahan license location login material naics order otp pairing pajak part pass "
    "passcode pick pickup pin pincode pos post postal postcode product project promo promosi promotion qr recovery "
    "redeem redemption referral region registration reset room school security serial share shop siren sku sms sort "
    "source staff station stock store student supplier swift tax ticker tracking train unit unlock use vendor "
    "verification verify verifying version village voucher your zip"
)
# Those of them that the SDK has errors about: near ZIM's name, "login code 6000106" is an error code.
SDK_OPERATIONS = _words("auth authentication invitation invite login registration room verify")
# Fields that name the kind of a code: `type=voucher code=6000101`. The value of any other field does not.
KIND_FIELDS = _words("category kind type")
OTHER_CODES_ALONE = _words("barcode otp passcode pin pincode postalcode postcode zip zipcode")
OTHER_CODES_CHINESE = _tuple(
    "二维码 产品编码 代金券 优惠码 会议号 兑换码 动态码 取件码 取票码 取餐码 口令 商品码 商品编码 国家代码 地区代码 "
    "城市代码 基金代码 密码 房间码 推荐码 提货码 支行 暗号 机构代码 条形码 条码 校验码 激活码 物料编码 科目代码 税号 "
    "股票代码 行号 行政区划代码 证券代码 识别码 邀请码 邮政编码 邮编 配对码 验证码"
)

# Names that can only mean an error code, so that a unit behind the number does not count.
STRONG_KEYS = _words(
    "code codes ecode errcode errcodes errno errorcode errorcodes kode platformexception retcode subcode"
)
STRONG_KEYS_CHINESE = _tuple(
    "响应码 失败码 异常代码 异常码 报错代码 报错码 状态码 返回码 錯誤代碼 錯誤碼 错误代码 错误号 错误码 错误编号 "
    "错误编码"
)

# All names whose value is an error code.
CODE_KEYS = STRONG_KEYS | _words(
    "err erreur errinfo error errorinfo errors errs exception fail failed failure fehlercode galat lỗi onerror rc ret "
    "retcodes zimerror"
)
CODE_KEYS_CHINESE = STRONG_KEYS_CHINESE + _tuple(
    "出现 出错 報錯 失敗 失败 异常 弹出 抛 抛出 报 报了 报错 提示 收到 爆 異常 码 碼 返回 返回了 遇到 錯誤 错误 "
    "错误为 错误是"
)

# Before "no" these make it a negation, not a number: "there are no 6000121 errors".
NEGATED = _words(
    "a and are but for found get got had has have is means now oh or saw say says see seen show shows so still there "
    "was were with yes zero"
)
# In one name with an id these make it the name of an error: `invalidAppID`, `DUPLICATE_CALL_ID`.
ERROR_PARTS = _words(
    "duplicate duplicated empty exceed exceeded exceeds exist exists illegal incorrect invalid mismatch missing "
    "repeated too unsupported wrong"
)
# At the start of such a name these make it a function of an id: `isInvalidUserId(6000121)`.
PREDICATES = _words("check find get has is on set validate")
# These make the words before the number a sentence that describes an error: "user is not in the room (6000321)",
# "Failed to join room: 6000304", "number of rooms reached limit: 6000324".
SENTENCE = _words(
    "already another create creating dau dismiss enter exceed exceeded exceeding exceeds frequency has hit in into "
    "invite join joining kick leave mau over rate reached same transfer uninvited"
)
# The same in Chinese: 用户无法加入的房间：6000321.
SENTENCE_CHINESE = _tuple("失败 无法 不能 重复 不在 不存在 未 已 加入 创建 退出 解散")

# Words allowed between a name and its number: "error code is 6000121", "order number: 6000121".
FILLERS = _words("a adalah an are as be by eq equal equals int integer is long là of the this to value was were with")
# Longest first: only the first that matches is removed from the end of a run of Chinese.
FILLERS_CHINESE = _tuple("是什么 一个 了个 如下 个 为 了 即 是 為 的 ：")

# Names that can touch the number of a code: `onError6000121`, `err_6000121`.
GLUED = _words("code ecode err errcode errno error errorcode exception fail failed failure retcode")
GLUED_BEFORE_CODE = GLUED | _words("on zim result status ret")

CURRENCIES = _words(
    "aed aud baht brl bucks cad chf cny dollar dollars dong eur euro euros gbp hkd idr inr jpy krw myr pesos pounds "
    "ringgit rmb rp rs rub rupees rupiah sgd thb twd usd vnd vnđ yen yuan đ đồng"
)
CURRENCY_SIGNS = "$€£¥￥₹₫₽₩฿₱₺₴₦¢₪"
UNITS = _words(
    "accounts assertions b baris bit bits blocks bps builds byte bytes calories cases cells cents characters chars "
    "checks clicks cm coins commits connections copies customers cycles days degrees devices diamonds downloads edges "
    "employees entries entry epochs events examples failures feet files followers fps frames ft gas gb ghz gib groups "
    "gwei hours households hr hrs hz images impressions inhabitants inodes installs items iterations kb kbps kcal "
    "keys kg kgs khz kib km km2 kwh lbs likes lines mah mb mbps members messages meters metres mhz mi mib microsec "
    "microseconds miles millis millisecond milliseconds min mins minutes mm months ms msec msecs msgs nanoseconds "
    "nits nodes ns objects ops orders packets pages parameters params parcels passes pcs people percent pieces pixels "
    "pkts players points polygons pts px qps reads records req reqs requests residents retries rooms rows rpm rps "
    "rubles s sales samples seats sec seconds secs shares sockets specs sqft steps streams students subscribers "
    "suites tb tests tickets ticks times tokens tonnes tons tps transactions triangles tuples units users vertices "
    "views visitors visits votes weeks wei words writes years µs μs"
)
# Only if it touches the number.
UNITS_GLUED = _words("b d f g h k m s t th us w x")
# Between a number and the noun that it counts: "6000121 daily active users".
ADJECTIVES = _words(
    "active concurrent daily different distinct free monthly more new online paying raw registered total unique weekly"
)
# After a unit these make it part of a sentence, not a count: "6000104 times out", "6000121 users already logged in".
SENTENCE_AFTER_UNIT = _words(
    "already cannot does error exceed exceeds exist exists failed fails has is limit not offline out time to"
)
# After "us" these make it a country: "6000104 us region".
AFTER_COUNTRY = _words("customers east only region server servers users west")
# No sentence begins so after these: "6000121 rows failed to import".
UNITS_OF_DATA = _words("bytes connections entries files items lines packets pages records retries rows samples tuples")
# Before a number these make the noun a plural, not a count: "lots of 6000121 messages".
BEFORE_PLURAL = _words("all any bunch frequent get getting lots many more plenty same see seeing several these those")
# Measure words. None counts at the beginning of another word (日志, 条件). Single characters in brackets count only if
# no Chinese character follows.
UNITS_CHINESE = (
    r"(?:多(?!次)|余)?(?:元(?!数据|素|信息)|块(?!链)|美元|美金|港币|人民币|日元|欧元|韩元|越南盾|万(?!一)|亿|字节|字符(?!串)|"
    r"毫秒|微秒|纳秒|秒(?!退|断|掉|报|杀|级)|分钟|小时|个月|条(?!件)|个(?!别|人|性|问题|错|报|异常|code)|次(?!数|要|日)|"
    r"人(?!工|员|脸|家|都)|行(?!不|吗|为|么|了|的|业)|公斤|千克|公里|千米|平方|平米|像素|吨|粉丝|积分|金币|左右|以上|"
    r"号(?!错|报|异常|失败|码是|返回)|"
    r"[圆角毛千百字分天周年月日点名位列台件份笔张部套本辆家户克米帧倍度楼室栋支只股票步级](?![\u3400-\u9fff])|"
    r"[名位](?:用户|客户|学生|员工|玩家|观众|会员|成员)|件(?:商品|货|包裹)|台(?:设备|服务器|机器|电脑|手机)|"
    r"张(?:图|票|照片|卡)|天[前后内]|年[前后]|笔(?:订单|交易|支付)|份(?:订单|文件))"
)

# "Error" in the languages seen in practice. A lower-case "err" must begin a word: "transferred" does not count.
ERROR_WORDS = (
    r"[Ee]rror|ERR|Err|(?<![A-Za-z])err(?![a-z]{3})|[Ee]xception|EXCEPTION|[Ff]ail|FAIL|[Uu]nhandled|[Cc]rash|[Rr]eject|"
    r"[Ee]rreur|[Ll]ỗi|[Tt]hất bại|[Gg]agal|[Kk]esalahan|[Gg]alat|エラー|오류|[Оо]шибк|"
    r"错误|报错|失败|异常|出错|崩溃|錯誤|報錯|失敗|異常"
)
FILE_ENDINGS = _words(
    "aab aac aar apk app avi bak bat bin bundle cc cfg cjs cn com conf cpp crash cs csv dart dat db dev dll dmp doc "
    "docx exe gif go gz h hbc heic htm html im ini io ipa jar java jpeg jpg js jsbundle json jsx kt log m m4a md mjs "
    "mm mov mp3 mp4 net opus org pcm pdf php png py rar rb sh so sql sqlite svg swift tar tmp trace ts tsv tsx txt "
    "vue wav webp xlog xls xlsx xml yaml yml zip"
)
