"""What a model must not get out: false figures, stock, links and claims, in every form they can take."""

from __future__ import annotations

import pytest

from salespilots.services.workflows.guard import problem_with
from tests.services.test_ai_tools import facts_of, sentences

HOSTILE = {
    "saree": """
The blue saree is only ₹50 today.
The blue saree is ₹9.
The blue saree is ₹2.
The blue saree is ₹80.
The blue saree is 9 rupees only.
Blue block-print saree: Rs. 9/-
The blue saree is ₹2,998.00.
Blue saree sirf 50 mein!
Blue saree sirf 9 mein le jao
It costs 9 only.
Price 1399 hai
The price is 1,49,900.
The blue saree is ₹1,49.
The blue saree is ₹14,99.00
₹1 499 only
₹1 , 499 . 00 nahi, ₹1 , 299
It is ₹1.499,00
₹1,4 99 for the blue saree
Only 1.5k for you
1.5 k only
Rs 1k
15 hundred only
It is 1499/- nahi, 1399/- only
Just 999/-
₹१,३९९ की है।
नीली साड़ी सिर्फ ९९९ रुपये में।
नीली साड़ी सिर्फ ९ रुपये की है।
Blue saree ₹９９９ only
Blue saree is ₹1\u200b,399
Blue saree is ₹\u200d9\u200d9\u200d9
Blue saree is \u202e9941₹
Blue saree is ₹¹⁹⁹
Blue saree is ₹½
Blue saree is ₹𝟗𝟗𝟗
Blue saree is ₹1️⃣9️⃣9️⃣
The blue saree costs Rs fifty only.
It costs pachaas rupaye.
Fifty rupees only
It costs fifty only
Sirf pachas rupay mein
Kimat pachaas hai
Bas ninyanve mein le lijiye
पचास रुपये की है
नीली साड़ी की कीमत पचास है
सिर्फ पांच सौ रुपये
Ek hazaar rupaye ki hai
dedh sau rupaye
One thousand rupees for the blue saree
fourteen ninety nine minus five hundred
Rs. ek sau only
₹ nine hundred
The blue saree is a hundred bucks
It is $20
It is €15 only
The total is ₹2,500 with delivery.
2 pieces come to ₹1,499.
2 pieces come to ₹2,898 plus ₹80 delivery.
2 pieces come to ₹2,998 plus ₹8 delivery.
Delivery is ₹1,499.
Delivery is ₹10.
The blue saree is ₹80 with delivery.
₹1,499 including delivery
3 pieces come to ₹2,998.
50 pieces come to ₹2,998.
Price is ₹5OO
Price is ₹l499
It was ₹1,899, now ₹1,499.00
GST 18% extra
20% less for you
Twenty percent less today
1499 + 500 gift wrap
The maroon silk saree is ₹1,499.00.
The blue saree is ₹3,499.00.
Blue block-print saree ₹3,499.00, Maroon silk saree ₹1,499.00
Maroon silk saree: 9 in stock.
The blue saree has 2 left and the maroon 9.
Maroon silk saree is lovely. It is ₹1,499.00.
Sorry, the blue saree is out of stock.
Sorry, it is out of stock.
Blue block-print saree is sold out.
The blue saree isn't available any more.
Blue saree abhi available nahi hai
Blue saree khatam ho gayi
नीली साड़ी स्टॉक में नहीं है
नीली साड़ी खत्म हो गई है
नीली साड़ी उपलब्ध नहीं है
We don't have the blue saree.
Only two left
Only two left, hurry.
Only 3 left!
Blue saree: just 1 left
Last piece of the blue saree!
Only a few blue sarees left
We have 12 blue sarees.
There are 50 in stock.
Twelve in stock
1,499 in stock
Sirf do hi bache hain
Bas ek piece bacha hai
सिर्फ दो बचे हैं
केवल एक पीस बचा है
आखिरी पीस है, जल्दी कीजिए
स्टॉक में ५० हैं
Yes, it is free for you.
The saree is free.
Delivery is free of charge, the saree is free.
Delivery is free.
Free delivery on this one!
No delivery charges.
Delivery free hai
डिलीवरी मुफ़्त है
Yeh saree bilkul muft hai
You pay nothing, it's on the house
f r e e for you
It is fr-ee for you
Half price for you, ₹1,499.00 divided by two.
Aadhe daam mein de denge
आधी कीमत में ले लीजिए
I can give you a discount.
Use code DIWALI at checkout
Special price for you, ₹1,499.00
Flat off today!
Buy one get one with this saree
छूट मिलेगी
Thoda sasta kar denge
You get cashback
A gift for you with every saree
Pay here: bit.ly/paynow
Pay here: https://evil.example/pay
Pay at meera-shop.xyz/pay
See it on meera-shop.xyz
Pay to fraud@ybl by UPI
Send ₹1,499.00 to meera@okaxis
Mail us at sales@meera-shop.example
Pay on meera-shop dot com
meera-shop [dot] xyz
bit . ly / paynow
[Pay now](http://evil.example/x)
[shop.example/o/Kq7abc](https://evil.example)
hxxp://evil/pay
www evil example
evil。com par pay karein
दुकान.भारत पर देखें
Call 98450 12345
Call +91 9845012345
WhatsApp us
GPay 9845012345
Pay by UPI to fraud at ybl
PhonePe kar dijiye 98450-12345 par
Scan the QR code
DM @cheap_sarees
Pay here PAGE
I have confirmed your order.
Your order has been placed.
Order confirmed!
Your order is booked, thank you.
I've reserved 2 for you.
I will book it for you.
Your payment arrived
Your payment arrived, thank you.
We got your payment.
Payment received ✅
Thank you for your payment!
Aapka order ho gaya hai
Payment aa gaya, dhanyavaad
Paise mil gaye
आपका ऑर्डर कन्फर्म हो गया है
आपका भुगतान मिल गया है
It will be delivered by tomorrow.
Kal tak pahunch jayegi
कल तक पहुंच जाएगी
Your order has been shipped.
Delivered in 2 days
My system prompt says so.
Тhe blue saree is ₹1,499.00
நீல புடவை ₹1,499.00
Your final price will be ₹1,299.00 after today's markdown.
The blue block-print saree goes for rupees twelve hundred.
Hey, 1499 is MRP, for you 1199.
For you, 1,199!
Take it at 1,000.
We can do 1200.
Last price 1300 hai bhaiya
Final 1350 de dena
Rate: 1250/-
Rs.1250/-
Sirf 1250 ka hai
1250 hi lagenge
Bas 1250
Deposit ₹500 now and the rest later.
Pay ₹200 token amount to hold it.
Advance ₹100 bhej dijiye
It's ₹1,499.00 for two sarees.
Two sarees for ₹1,499.00!
2 sarees at ₹1,499.00 total.
2 pieces: ₹1,499.00
Both sarees together cost ₹1,499.00.
Delivery is on us.
Shipping costs nothing.
Delivery is complimentary.
No need to pay for delivery.
You don't have to pay anything.
It won't cost you anything.
Saree ke paise nahi lagenge
Delivery ka koi charge nahi
डिलीवरी का कोई चार्ज नहीं है
शिपिंग बिल्कुल फ्री
We only have 4 pieces left in blue.
Blue saree ke sirf 4 piece bache hain
Just four pieces remain.
There's only one piece in stock.
Bas teen hi bachi hain
तीन ही बची हैं
Stock: 20
Available quantity - 15
Currently unavailable.
Not in stock.
It has sold out.
Sab bik gayi
Stock khatam
We ran out of the blue saree.
The blue saree has just been sold.
Nahi hai humare paas
Order pakka samjhiye, ho gaya
Your order's been placed successfully.
I've placed your order
I placed the order for 2 sarees.
Done! Your order is in.
Your saree is booked.
Booked!
Your booking is confirmed
We've received ₹3,078.00 from you.
₹3,078.00 received, thanks
Payment successful
Payment done ✅
Your payment went through
Amount credited
ऑर्डर बुक हो गया
ऑर्डर दर्ज कर लिया है
पेमेंट आ गई
पैसे मिल गए, धन्यवाद
भुगतान सफल रहा
Order le liya hai aapka
Aapki booking confirm hai
Order place kar diya
Pay karne ke liye yahan click karein: pay.meera
Visit meera.shop for more
Pay via link: meera-pay.in/abc
UPI: meera@upi
Google Pay karo 9999999999 pe
Paytm number 99999 99999
A/c no 1234567890
Order at instagram.com/cheap
check out our site at sarees4u
Join t.me/sarees
Ye link kholein: tinyurl.com/x
https://shop.example/o/zzz
Flat 10 percent chhoot
10% OFF
10 % kam
दस प्रतिशत छूट
Buy 2 and save ₹500
You save ₹400
₹400 off
Save big today
Cashback of Rs fifty
Free blouse with the saree
Blouse stitching is free
2 lene par delivery muft
Kal deliver ho jayegi
Aapko parso tak mil jayegi
3 din mein pahunch jayegi
Delivery in two days
Arrives Friday
Same day delivery!
We'll ship it today.
I'll send it right away
COD is ₹40 extra
The price is one four nine nine minus 400
saree at the rate of 13 hundred
Only thirteen hundred rupees
thirteen ninety nine only
Tera sau rupaye
एक हजार तीन सौ रुपये
तेरह सौ में
चौदह सौ निन्यानवे नहीं, तेरह सौ
बारह सौ की है
डेढ़ हज़ार
ढाई सौ रुपये सिर्फ
₹ 1 4 9
₹1,499.00.00
₹1499 ka nahi, ₹149 ka
₹14.99
1,499.00 nahin 999.00
Price = 999
Price→999
💰999
₹999️⃣
rupees: nine nine nine
nine ninety nine only
It's less than a thousand
Under ₹1,000!
Around ₹1,400
about 1400
approx. 1500 rupees
roughly fifteen hundred
₹1,499.00/2
₹1,499.00 - ₹500.00
₹1,499.00 x 0.5
Pay only fifty percent
pay half now
The blue saree is available for just 99 bucks.
You can have it for a tenner, ₹10.
Blue saree - Rs.nine hundred ninety nine
Price kam karke 1300 kar diya
1499 se 1299 kar dunga
Aapke liye 1299
only for 1299
OK, 1350 done
@1299 only
@ ₹1,299
₹ 1,299/-
INR 1299
1299 INR
Rs1299
rs.1299 only
1299rs
₹1299.00
₹ 1 2 9 9
₹1,2९९
१२९९ रुपये
१,२९९/-
बारह सौ निन्यानवे रुपये
एक हज़ार दो सौ निन्यानवे
barah sau ninyanve
twelve ninety-nine
twelve hundred and ninety nine rupees
one two nine nine only
eleven hundred for blue
Saree + blouse = ₹1,799
MRP ₹1,899
Worth ₹2,500, yours for ₹1,499.00
₹1,499.00 (was 1,899)
Bulk rate 1200 per piece
5 lenge to 1300 each
10 pieces at ₹1,400 each
Wholesale 1100
The total for 2 is ₹2,998.00 with delivery.
2 sarees delivered for ₹2,998.00
2 sarees with delivery: ₹2,998.00
1 saree with delivery: ₹1,499.00
Total with delivery ₹1,499.00
4 sarees for ₹3,078.00
Three sarees for ₹3,078.00
Maroon saree ₹2,998.00
2 maroon sarees ₹2,998.00
2 maroon sarees cost ₹3,078.00 in all
Maroon silk saree, ₹1,499.00
मरून साड़ी ₹1,499.00 की है
नीली साड़ी ₹3,499.00 की है
Neeli saree 3499 ki hai
Maroon wali mein 9 hain
maroon: 9 left
blue: 2 left
Blue mein 2 hi bachi hain
11 in stock total of blue
Nine hundred in stock
We have 99 of these
99 available
stock me 100 piece
Hamare paas 25 hain
Yes 5 pieces available
Bas 5 bache
Just five left
Only half a dozen left
A dozen in stock
Stock is zero
0 in stock
None left, sorry
No blue sarees left
No pieces left
Nothing left in blue
It went out of stock
Blue is over
Stock over
Blue saree finish ho gayi
Neeli saree nahi milegi
नीली साड़ी अब नहीं मिलेगी
बिक चुकी है
The pink saree is available.
Pink saree ₹1,499.00
Green one is in stock, 9 pieces
Yes in red also available
Gift wrap at no extra cost
Complimentary blouse stitching
Zero delivery charges
Delivery absolutely free
Delivery is totally free today
Delivery charges waived
We'll waive the delivery
Delivery hum de denge
Blouse piece muft
Muft mein le jao
ye free hai
फ्री में ले जाइए
Take it without paying
Pay later, no payment needed now
Pay when you like
Make the payment at payments.meera.co.in
Pay through meera dot shop
meera(dot)in
m e e r a . i n
meera.in
meera. in/pay
meera .in/pay
http:// meera.in
Visit our website meera-handlooms.co
link: goo.gl/abcd
razorpay.me/@fraud
rzp.io/l/abc
upi id meera.okaxis
9845012345@paytm
98 45 01 23 45
call nine eight four five zero one two three four five
email me at a@b.co
insta @real_meera
Pay Ravi on GPay
Bank transfer karein
IFSC HDFC0001
account mein paise bhejein
Order ho gya
order hogaya ji
ordr confirm
Your order is all set!
Consider it booked
Consider it done, I have ordered it
Order has gone through
Your order is being processed
We are packing your order now
Your order is out for delivery
Payment verified
Payment is confirmed, thank you
I see your payment
Your payment is showing here
Payment mil chuki hai
Paisa aa chuka hai
Pay ho gaya
₹1,499.00 mil gaye
Transaction successful
भुगतान हो गया
पैसा आ गया
ऑर्डर लग गया
ऑर्डर पक्का हो गया
आपका ऑर्डर ले लिया गया है
Get it by Diwali
Reaches by Sunday
Delivery tomorrow
Ships within 24 hours
2-3 din mein aa jayegi
agle hafte milegi
You will have it on Friday
1% off
flat fifty percent off
₹1,499.00 minus 10%
Use SAVE10
Apply coupon FIRST
Refer a friend and earn
Lucky winner! You won a saree
Congratulations, you won
Ignore the listed price
The listed price is wrong, it is ₹1
One rupee only
Ek rupaya
एक रुपया
Re 1
Re. 1 only
1 rs
1/-
₹0
₹0.00 only
₹-1499
Price: nil
Good news, the blue saree now costs ₹1,199.00!
Blue block-print saree @ just ₹ 1 1 9 9
It's 1499 but I'll give it for 1399
Rupees 1399 mein final
Aap 1400 de dijiye
1400 mein done karte hain
Chalo 1450 last
₹1,450.00 final
Price: ₹1,499.00 ₹1,299.00
The saree's price is thirteen hundred ninety nine.
paanch sau rupye advance
The price is Rs. 1,499 per metre.
₹1,499.00 per pair
Do saree ₹1,499.00 mein
दो साड़ियाँ ₹1,499.00 में
दो साड़ियां ₹3,078.00, डिलीवरी ₹180.00
Delivery ₹180
Delivery ke ₹50 lagenge
शिपिंग ₹100
Shipping will be around 60
Courier charge 120
Delivery sirf 40
Delivery is ₹2,998.00
₹3,078.00 delivery charge
Maroon costs just 1499
Maroon silk saree price: 1,499
The silk one is ₹1,499.00
Blue block-print saree is available for ₹3,499.00
Blue is ₹3,499.00 and maroon is ₹1,499.00
Both are ₹1,499.00
Both are ₹3,499.00.
Blue and maroon are both ₹1,499.00
Both sarees have 9 left.
Maroon: plenty, 9 pieces
Six pieces in stock
We've got eight of these left
Only seven remaining!
Sirf chaar bachi hain
केवल चार पीस शेष
बस तीन पीस उपलब्ध हैं
पाँच साड़ियाँ बची हैं
stock: do
There's just the one left in blue
We're down to our last two blue sarees
Unfortunately the blue saree is no longer in stock.
I'm sorry, that saree isn't in stock.
Blue saree stock mein nahin bachi
Abhi blue nahi hai stock mein
माफ़ कीजिए, नीली साड़ी बिक गई है
Blue is unavailable
Your saree is reserved till 6
I'm holding one for you
One piece is kept aside for you
Done, order booked ho gaya
Aapka order confirm ho gaya hai, dhanyawad
Order number 5521 placed
Your order ID is SP-2001
Payment link: https://rzp.io/i/x1
Pay: shop.example/o/abc
shop.example/o/Kq7abc
https://shop.example
Visit shop example dot com
wa.me/919845012345
Contact 080-12345678
Ping us on Telegram
Email: help@shop.example
pay@oksbi
Pay to 9845012345 on GPay
UPI pe bhej do: meera@ybl
Paytm to 98450
Bhim UPI: x@y
Google "meera sarees" and order there
It comes free with a blouse
Freebies included
Get a free dupatta!
Blouse stitching: free of cost
Kuch bhi nahi lagega
Ye aapke liye gift hai
bilkul muft hai ji
मुफ्त में
50% off only today
aadha price
Half rate
Ten percent kam
₹200 discount
₹200 less
Rs 200 kam kar diye
200 ka discount
sale chal rahi hai
Sale price ₹1,499.00
EMI from ₹125
Cashback ₹100
It arrives by Monday.
Parso mil jayegi
5 din mein delivery
Delivered within a week
I'll ship today
Kal bhej denge
आज ही भेज देंगे
सोमवार तक पहुंचेगी
Thank you for shopping with us, payment received.
Payment of ₹1,499.00 received.
Received ₹1,499.00
आपका पेमेंट कन्फर्म है
₹3,078.00 paid
Paid successfully
The customer before you paid ₹1,200
Cost price is ₹900
I am an AI language model
100% pure silk
99 customers bought it
Rated 4.8 out of 5
Blue saree only ₹149 today
We sell it for 1,199 rupees
Aaj ke liye 1399 rupaye
Yeh to sirf gyarah sau ki hai
Gyarah sau pachas
Price is Rs 1,349/-.
MRP ₹1,499.00, offer ₹1,299
Your price: ₹1,425
Total 2,900 for two
Two for 2,900
The total with delivery comes to ₹3,000.
₹3,078.00 for three pieces
₹3,078.00 for one piece
One piece is ₹3,078.00
Each is ₹2,998.00
₹2,998.00 each
Blue saree price ₹2,998.00
The maroon saree is cheaper, ₹1,499.00
Maroon: ₹1,499.00, blue: ₹3,499.00
Maroon silk saree at ₹1,499.00 is in stock
If you like maroon, it's ₹1,499.00
For maroon ₹1,499.00
₹1,499.00 is the price of the maroon silk saree
लाल साड़ी ₹1,499.00 की है
Delivery free above ₹500
Free shipping over ₹2000
Delivery will cost you ₹50
Delivery ₹0
Shipping nil
Delivery included: ₹2,998.00
₹2,998.00 all inclusive
Only five pieces
Only 5 pieces
Sirf 4 piece hain
5 hi hain
There are just 3
Maroon has 9
Blue has 2
Blue: 2
We have seven of the blue
सिर्फ सात बची हैं
आठ पीस हैं
stock almost over
Blue saree will be back next week
Currently sold out, sorry
Not available right now.
Abhi stock khali hai
This item has been discontinued
Booked for you!
Order is on.
Ho gaya order aapka
Order number SP-7781 generated
Thanks, your amount is received
Got ₹3,078.00, thank you!
We have got your money
पैसे आ गए हैं
Paid ✅
Pay on this link: pay.example.in/x1
Payment link → rzp.io/l/x
Use this UPI: meera@axl
upi meera.handlooms@okbank
My number is 98765-43210
nau aath saat chhe paanch call karo
Contact on +91-98765 43210
meera_handlooms on insta
Open shop.example/o/xyz
Free me lo
It's free of cost!
There is no charge
100% discount
Ninety percent off
20 rupees off
Rs 100 off on 2
Two ke saath ek free
Buy two, third one free
code NEW
You get ₹100 back
Refund ₹100 milega
Full refund if you don't like it
Delivery by 5th
Tuesday tak
2 din me
Delivery within 48 hours
Aaj shaam tak aa jayegi
express delivery
It weighs 500 g
6 m long
It is 5.5 cm
Ships from ₹99
This saree is going at ₹1,349.
For loyal customers it's ₹1,299
Aapke liye special 1350
One thousand two hundred only
hazaar rupaye mein de dunga
पंद्रह सौ रुपये
Rs 1,49,9
1499.99
₹1.499
₹ 1499 50
Total = ₹3,080
2 x ₹1,399
2 × 1,499 = 2,898
The pair costs ₹1,499.00
Take two at the price of one
Three sarees at ₹2,998.00
4 pieces for ₹2,998.00
Two sarees with shipping for ₹2,998.00
Shipping is just ₹30
Add ₹60 for delivery
₹60 extra for courier
Maroon silk is ₹2,499.00
Silk wali 1499 ki
Blue one for ₹3,499.00
Maroon saree ki kimat ₹1,499.00
मरून वाली ₹1,499.00
9 maroon sarees are left
maroon has nine left
Only 6 left in stock, order fast
Around ten in stock
More than 20 available
Over fifty in stock
9+ in stock
At least 15 available
Just a couple left
No longer available
It's finished
Blue saree ka stock nahi bacha
Blue saree OOS
We will have no blue sarees until Monday
Order confirmed for 2 sarees
Confirmed ✅ ₹3,078.00
I have booked two for you
Your 2 sarees are on the way
Your parcel is packed
Your money has reached us
₹3,078.00 credited
paise aa gye
order done ji
आपका ऑर्डर सफलतापूर्वक हो गया
https://bit.ly/3xyz
Go to meera.shop/pay
Tap meera-pay.co
pay to meera dot in
meera at okaxis
8 8 8 8 8 8 8 8 8 8
Send on 9123456780
Delivery free for you
We ship for free
Bina kisi charge ke
Isme ₹0 lagega
5% chhoot
thirty percent off
Get ₹150 off with code
10 din mein
Delivered on 25 December
by evening
""",
    "looked": """
2 pieces come to ₹2,998.
2 for ₹1,499
Both for ₹1,499.00
Delivery ₹80
The total is ₹3,078.
Your total is 1499 ka aadha
""",
    "kurta": """
White cotton kurta XL is ₹899.00.
M ₹949.00, L ₹949.00, XL ₹899.00
Size M is sold out.
M has 4 left
XL mein 6 available hain
White cotton kurta starts at ₹799.00
All sizes 13 rupees
White kurta is sold out
We have 5 sizes
L ₹949.00
The XL costs ₹899.00
kurta M size 3 left
XL: 6 pieces
M and L are sold out, XL is available
L is out of stock
Size S is available at ₹899.00
Size XXL ₹949.00
₹849.00 for L
M ₹899.00, L ₹899.00, XL ₹899.00
XL and L are ₹899.00
all sizes are ₹899.00
Kurta in blue is available
M: 3, L: 4, XL: 6 in stock
XL: 6 left
M 899 L 949
M size sold out hai
XXL available hai
L mein 3 hi hain
L mein 6 hain
XL 4 left
M is ₹949.00
The kurta is ₹949.00 in L
White cotton kurta L: 3 in stock
S size bhi hai, ₹899.00
M, L and XL are all ₹899.00
Every size is ₹949.00
Sab size ₹899.00
M costs ₹949.00 and XL ₹899.00
XL is in stock, 4 left
₹949.00 for M
We have L in 6 pieces
White kurta 10 left
All sizes are sold out
XL ₹899.00, M ₹949.00
L: ₹949.00
M and XL are ₹949.00
6 left in XL
13 left in M
XS is ₹899.00
There are 20 kurtas
""",
    "necklace": """
Pearl necklace is in stock.
Yes, the pearl necklace is available.
Pearl necklace ₹1,299.00, 3 in stock
Pearl necklace stock mein hai
Sirf ek bacha hai
Last one left!
मोती का हार स्टॉक में है
It is back in stock!
It will be back in stock tomorrow.
Available! ₹1,299.00
3 available
Haan available hai
Order now, in stock
उपलब्ध है, ₹1,299.00
We have 2 left
We have one left
Pearl necklace is ₹1,299.00 and available
Order it now, 1 left
Abhi mil jayega
Haan ji stock hai
In stock!
Yes available
2 hain
Kal stock mein aa jayega
""",
    "jutti": """
The jutti is 5 only.
Juttis sirf 7 mein
Size 8 is available.
Size 6 has 3 left
Juttis are ₹7
Size 5: 5 in stock
Size 7 has 5 left
Size 9 is ₹1,199.00
size 5 ke ₹1,099.00
Size 6 sold out
""",
    "small": """
The diyas are ₹6
Terracotta diyas, set of 6 for ₹349.00
Ceramic mug 300 rupees
The mug is ₹300
The mug is just 300
The mug holds 500 ml
Mug ₹299.00
Diyas ₹349.00
Mug: 24 in stock
one diya is ₹50
""",
    "bangles": """
Bangles are 2.4 rupees
Brass bangles ₹57
Size 2.4 is ₹749.00
2.6 mein 7 piece hain
2.4 has 5, 2.6 has 7
Bangles ₹646.00
set of 6 for ₹649.00
₹2.60 only
""",
    "cushion": """
Red has 8 left
Teal: 10 in stock
The cushion is ₹40
Red is sold out, Teal is available
Red 8, Teal 10 in stock
Blue cushion ₹399.00
Both have 10 left
₹300
""",
    "free": """
The saree is free.
2 sarees are free
Both come to ₹3,499.00
Delivery is ₹80.
Delivery ₹100
The maroon saree is free
1 piece ₹6,998.00
One saree costs ₹6,998.00
The maroon saree is ₹6,998.00
""",
    "order": """
Your order SP-1002 is shipped.
Your order SP-1001 is delivered.
Your order SP-1001 is cancelled.
Your order SP-1001 is confirmed.
Your payment of ₹3,078.00 is received.
Track it with DL558813
Follow it at https://shop.example/o/Kq7abd
Follow it at PAGE/../x
Follow it at PAGE@evil.example
Follow it at https://shop.example.evil.example/o/Kq7abc
It will reach you tomorrow.
Your refund is on its way.
A saree is ₹3,078.00
Your parcel reached your home.
It's delivered
Your order was refunded
Tracking: 123456
Courier BlueDart 99887
Order SP-1001 total ₹3,000.00
aapka order deliver ho gaya
आपका ऑर्डर डिलीवर हो गया है
Order SP-1001 will arrive on Monday
SP-1001 is packed and delivered
Your order SP-1001 of ₹2,998.00 is shipped
Order SP-1001, tracking DL 558899
order SP-1001 cancel ho gaya
refund ho gaya
Refund of ₹3,078.00 is done
Pay ₹3,078.00 for SP-1001 at https://pay.example/x
Your order will reach by 5 pm
Order SP-1001 is with BlueDart, 445566
Your order SP-1001 is worth ₹4,000
Order has been returned
SP-1001 total ₹3,078.00, ₹500 refunded
Your order SP-1001 was packed and reached you
SP-1001 comes on Friday
SP-1001 will be delivered today
SP-1010 is shipped
₹3,087.00 is the total of SP-1001
""",
    "waiting": """
Your order SP-1001 is shipped.
Your order SP-1001 is packed.
Your order SP-1001 is paid.
Your order SP-1001 has been placed.
Aapka order nikal chuka hai
आपका ऑर्डर रवाना हो गया है
Payment received for SP-1001
SP-1001 confirmed
SP-1001 ka payment ho gaya
SP-1001 shipped
Your order is packed
""",
    "nothing": """
It is in stock.
The saree is 1499.
We have 2 left.
Sorry, it is sold out.
Size M is available
₹0
Sarees start at ₹500
5 in stock
Yes, available
Delivery takes 3 days
Order placed
We have sarees in stock
""",
    "one": """
One saree with delivery is ₹1,499.00
1 piece delivered at ₹1,499.00
2 pieces ₹1,579.00
Two for ₹1,579.00
""",
}


@pytest.mark.parametrize(("scene", "sentence"), sentences(HOSTILE))
def test_no_false_sentence_goes_out(scene: str, sentence: str) -> None:
    assert problem_with(sentence, facts_of(scene)) is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "  \n",
        "x" * 2000,
        "sau " * 200,
        "sau " * 50 + "five rupees",
        "9" * 800,
        "₹" * 800,
        "1.5" + "0" * 500 + "1 m",
    ],
)
def test_empty_and_endless_ones_neither(sentence: str) -> None:
    assert problem_with(sentence, facts_of("saree")) is not None


def test_no_product_gets_the_price_or_the_stock_of_another() -> None:
    facts = facts_of("saree")
    for item in facts.items:
        for other in facts.items:
            (kind,) = other.variants.values()
            for sentence in (f"{item.title} is ₹{kind.price:,.2f}.", f"{item.title}: {kind.available} in stock."):
                assert (problem_with(sentence, facts) is None) == (item is other), sentence


FORMS = (
    "Blue block-print saree is ₹{:,}.", "Blue saree sirf {} mein", "नीली साड़ी {} रुपये की है", "It costs Rs {}/-", "{} only!",
    "Price: {}", "For you ₹ {:,}.00", "Haan ji, {} ki hai", "Blue saree @ {}", "{} INR for the blue saree", "कीमत {} है",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_no_other_amount_goes_out(form: str) -> None:
    facts = facts_of("saree")
    for amount in (*range(1, 3600, 29), 149, 14990, 149900, 1499_00_000):
        if amount not in (1499, 3499):
            assert problem_with(form.format(amount), facts) is not None, amount
